"""Rules and libraries that Debian's packages have installed, as repositories.

They and their targets have the names of the Bazel Central Registry, so that a
BUILD file needn't know which of the two they come from.
"""

_LIB = ["/usr/lib/x86_64-linux-gnu/", "/usr/lib/aarch64-linux-gnu/"]

def _debian_repository_impl(ctx):
    for path, candidates in ctx.attr.links.items():
        found = [c for c in candidates if ctx.path(c).exists]
        if not found:
            fail("no %s: apt-get install %s" % (candidates[0], ctx.attr.package))
        ctx.symlink(found[0], path)
    ctx.symlink(ctx.attr.build_file, "BUILD.bazel")

_debian_repository = repository_rule(
    implementation = _debian_repository_impl,
    attrs = {
        "package": attr.string(doc = "the Debian package that has the files"),
        "links": attr.string_list_dict(doc = "path here -> where it may be installed"),
        "build_file": attr.label(allow_single_file = True),
    },
    local = True,
)

# Bazel 4.2 has no use_cpp_toolchain yet, which Debian 12's rules_cc loads.
_COPY_RULES_CC = """
cp -R /usr/share/bazel/rules/cc/. .
sed -i -e 's/, "use_cpp_toolchain"//' \
  -e 's,use_cpp_toolchain(),["@bazel_tools//tools/cpp:toolchain_type"],' \
  cc/private/rules_impl/*.bzl
"""

def _debian_rules_cc_impl(ctx):
    result = ctx.execute(["sh", "-ec", _COPY_RULES_CC])
    if result.return_code != 0:
        fail("%sapt-get install bazel-rules-cc" % result.stderr)

_debian_rules_cc = repository_rule(
    implementation = _debian_rules_cc_impl,
    local = True,
)

def _coverage_tools_impl(ctx):
    ctx.symlink(Label("//tools/bazel:coverage/merge.py"), "merge.py")
    ctx.symlink(Label("//tools/bazel:coverage.BUILD"), "BUILD.bazel")

_coverage_tools = repository_rule(
    implementation = _coverage_tools_impl,
    local = True,
)

def debian_repositories():
    """Declares the rules and the libraries, for this workspace or one that depends on it."""
    _debian_rules_cc(name = "rules_cc")

    # Not for us: Bazel looks through its Java toolchains for every target, and
    # names its coverage tools in every cc_test.
    for name, path in {
        "bazel_skylib": "tools/skylib",
        "rules_java": "rules/java",
        "rules_python": "rules/python",
    }.items():
        native.local_repository(
            name = name,
            path = "/usr/share/bazel/" + path,
        )
    _coverage_tools(name = "remote_coverage_tools")

    _debian_repository(
        name = "googletest",
        package = "googletest",
        links = {
            "googlemock": ["/usr/src/googletest/googlemock"],
            "googletest": ["/usr/src/googletest/googletest"],
        },
        build_file = Label("//tools/third_party:googletest.BUILD"),
    )
    _debian_repository(
        name = "google_benchmark",
        package = "libbenchmark-dev",
        links = {"include/benchmark": ["/usr/include/benchmark"]},
        build_file = Label("//tools/third_party:google_benchmark.BUILD"),
    )
    _debian_repository(
        name = "c-ares",
        package = "libc-ares-dev",
        links = {
            "include/ares.h": ["/usr/include/ares.h"],
            "libcares.a": [lib + "libcares.a" for lib in _LIB],
        },
        build_file = Label("//tools/third_party:c-ares.BUILD"),
    )
    _debian_repository(
        name = "hiredis",
        package = "libhiredis-dev",
        links = {
            "include/hiredis": ["/usr/include/hiredis"],
            "libhiredis.a": [lib + "libhiredis.a" for lib in _LIB],
        },
        build_file = Label("//tools/third_party:hiredis.BUILD"),
    )
    _debian_repository(
        name = "liburing",
        package = "liburing-dev",
        links = {
            "include/liburing": ["/usr/include/liburing"],
            "include/liburing.h": ["/usr/include/liburing.h"],
            "liburing.a": [lib + "liburing.a" for lib in _LIB],
        },
        build_file = Label("//tools/third_party:liburing.BUILD"),
    )
    _debian_repository(
        name = "llhttp",
        package = "node-llhttp",  # libllhttp-source in Debian 14
        links = {
            "include": ["/usr/share/include/llhttp", "/usr/src/llhttp/include"],
            "src": ["/usr/share/llhttp", "/usr/src/llhttp/src"],
        },
        build_file = Label("//tools/third_party:llhttp.BUILD"),
    )
    _debian_repository(
        name = "lua",
        package = "liblua5.1-0-dev lua-bitop-dev lua-cjson-dev",
        links = dict(
            {"include": ["/usr/include/lua5.1"]},
            **{
                name: [lib + name for lib in _LIB]
                for name in ["liblua5.1.a", "liblua5.1-bitop.a", "liblua5.1-cjson.a"]
            }
        ),
        build_file = Label("//tools/third_party:lua.BUILD"),
    )
    _debian_repository(
        name = "mimalloc",
        package = "libmimalloc-dev",
        links = {"include/mimalloc.h": ["/usr/include/mimalloc.h"]},
        build_file = Label("//tools/third_party:mimalloc.BUILD"),
    )
    _debian_repository(
        name = "onetbb",
        package = "libtbb-dev",
        links = {
            "include/oneapi": ["/usr/include/oneapi"],
            "include/tbb": ["/usr/include/tbb"],
        },
        build_file = Label("//tools/third_party:onetbb.BUILD"),
    )
    _debian_repository(
        name = "openssl",
        package = "libssl-dev",
        links = {"include/openssl": ["/usr/include/openssl"]},
        build_file = Label("//tools/third_party:openssl.BUILD"),
    )
    _debian_repository(
        name = "xxhash",
        package = "libxxhash-dev",
        links = {
            "include/xxh3.h": ["/usr/include/xxh3.h"],
            "include/xxhash.h": ["/usr/include/xxhash.h"],
        },
        build_file = Label("//tools/third_party:xxhash.BUILD"),
    )
