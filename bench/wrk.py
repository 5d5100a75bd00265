"""wrk, which asks an HTTP server for one path as fast as it answers."""
import re

from server import ServerError

PIPELINE = """
init = function(arguments)
  local requests = {}
  for i = 1, tonumber(arguments[1]) do requests[i] = wrk.format() end
  pipelined = table.concat(requests)
end
request = function() return pipelined end
"""


def ask(server, path, depth, connections, seconds, cpus, folder):
    """Requests answered, and p99 in milliseconds; 0 where requests are pipelined."""
    script = f"{folder}/pipeline.lua"
    with open(script, "w") as file:
        file.write(PIPELINE)
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency"]
    command += ["-H", "Connection: keep-alive", "-s", script]
    command += [f"http://127.0.0.1:{server.port}{path}", "--", depth]
    output = server.client(cpus, *command)
    if "Socket errors" in output or "Non-2xx" in output:
        raise ServerError(output)
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", output).groups()
    p99_ms = float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return int(re.search(r"(\d+) requests in", output).group(1)), p99_ms
