// Formula: how one kind of client decides when to come back. Ours is the client's own
// ReconnectPolicy; beside it stand the schemes of textbooks and the defaults of other clients, each
// with its source in formula.cpp. The model runs them, and `freshet herd --real` runs them with
// real connections.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "core/reconnect_policy.h"
#include "core/time.h"
#include "freshet/result.h"

namespace freshet::server {

// What a client knows when it decides.
struct Failure {
  core::Instant now;
  Duration since_loss{0};
  unsigned tries = 0;  // That failed since the loss; 0 = the loss itself.
  core::Cause cause = core::Cause::remote;
  // The least wait the server asked for; with `has_ticket` it is a slot of this client's own.
  std::optional<Duration> floor;
  bool has_ticket = false;
};

// Holds what each client of a herd remembers. Threads: one at a time.
class Formula {
 public:
  virtual ~Formula() = default;
  // How long `client` waits before its next try. Nothing: it has given up for good.
  virtual std::optional<Duration> delay(std::uint32_t client, const Failure& failure,
                                        core::Random& random) = 0;
  // Whether these clients show a ticket that the server gave them.
  virtual bool knows_tickets() const { return false; }
};

struct FormulaInfo {
  std::string_view name;
  std::string_view summary;  // The formula in a line.
  enum class Kind {
    ours,       // For applications of this SDK.
    reference,  // Schemes of textbooks.
    peer,       // The default of another client.
  } kind;
};

// Every formula there is, ours first.
const std::vector<FormulaInfo>& formulas();

struct FormulaOptions {
  std::uint32_t clients = 1;
  // What the server has told its clients; nothing: they do not know it ("cold").
  std::optional<Duration> window;
};

// invalid_argument names what there is.
Result<std::unique_ptr<Formula>> make_formula(std::string_view name, const FormulaOptions& options);

}  // namespace freshet::server
