// A client's connection: RESP requests in, replies out. Joins codec/ and core/.
// Thread rule: weir::Session's. decode() uses the decoder, the batch and the constant command
// table.
#pragma once

#include <cstddef>
#include <memory>

#include "codec/resp_request.h"
#include "core/connection.h"
#include "core/session.h"
#include "servers/redis/batch.h"
#include "servers/redis/client.h"
#include "servers/redis/executor.h"
#include "servers/redis/server.h"

namespace weir::redis {

class RedisSession final : public Session {
 public:
  RedisSession(Server& server, Connection& connection);
  ~RedisSession() override;

  Decoded decode(InputBuffer& input) override;
  void handle(Connection& connection) override;
  void closed(Connection& connection, const Status& reason) override;

 private:
  void run_batch(Connection& connection);
  void update_limits();
  void finish_broken(Connection& connection);

  Server& server_;
  Client client_;
  Executor executor_;
  codec::RequestDecoder decoder_;
  BatchPool& batches_;            // the reactor's
  std::unique_ptr<Batch> batch_;  // from decode() to handle()
  std::size_t batch_bytes_ = 0;   // of the input, consumed when the batch has run
  bool broken_ = false;           // the input behind the batch is no request
};

// The service to listen with: refuses clients over maxclients, and strangers in protected mode.
Service make_service(Server& server);

}  // namespace weir::redis
