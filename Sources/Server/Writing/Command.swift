internal import Ledger
internal import Messages
internal import RPC
internal import Services

/// A call on its way to the writer or to a background thread: copies, since the connection's memory
/// does not wait.
struct Command: Sendable {
  /// The destination of the answer.
  let origin: CommandOrigin
  let method: Method
  let peer: Peer
  /// A secret; the copy lives until the command is answered.
  let credential: HeldCredential
  /// The path of the program that the peer runs, for the log; empty where it isn't known.
  let executable: [UInt8]
  let payload: CheckedMessage
  /// The time of the monotonic clock after which the command is not begun.
  let deadlineNanoseconds: Int64?
  /// The policy file, once it has been read for this command.
  var policyFile: PolicyReading?

  /// Where its next step goes on; nil before the first.
  var continuation: Continuation?
  /// Whether it was decided before, which did not stand: its uses of tokens are counted.
  var isCounted = false

  /// The owner whose turn it takes in the command queue.
  var owner: CommandOwner {
    if case .daemon = origin { return .daemon }
    return .user(peer.userID)
  }

  /// The bytes of memory that it holds while it waits, by a generous estimate.
  var heldBytes: Int {
    payload.bytes.count + credential.heldBytes + executable.count + 256
  }

  /// Whether the policy file has to be read first, which only an operator process may ask for.
  var needsPolicyFile: Bool {
    method.descriptor.readsPolicyFile && credential.isAbsent && peer.role == .operator
  }
}

/// The owner of a command, for fairness and limits.
enum CommandOwner: Hashable, Sendable {
  case daemon
  /// The processes of a local user.
  case user(UInt32)
}

/// Where a command comes from and its answer goes.
enum CommandOrigin: Sendable {
  case call(CallOrigin)
  /// The daemon itself, by a closure that the writer calls.
  case daemon(@Sendable (Result<WipedBytes, Status>) -> Void)
}

/// The caller of a command, and where the answer goes.
struct CommandCaller {
  let origin: CallOrigin
  let peer: Peer
  /// The path of the program that the peer runs; empty where it isn't known.
  let executable: [UInt8]
  /// A secret.
  let credential: HeldCredential
}

/// The stream that a call came on.
struct CallOrigin: Sendable {
  let worker: Int
  let connection: UInt64
  let stream: UInt32
}

/// The answer to a command.
struct CommandAnswer: Sendable {
  let origin: CallOrigin
  /// The encoded response message, or why there is none.
  let result: Result<WipedBytes, Status>
}

extension Status {
  /// The deadline passed before the call was begun, or while it waited for its answer.
  static var deadlineExceeded: Status {
    Status(.deadlineExceeded, "the deadline of the call has passed", reason: "DEADLINE_EXCEEDED")
  }
}
