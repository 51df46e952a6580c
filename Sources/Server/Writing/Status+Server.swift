internal import RPC

extension Status {
  /// The deadline passed before the call was begun, or while it waited for its answer.
  static var deadlineExceeded: Status {
    Status(.deadlineExceeded, "the deadline of the call has passed", reason: "DEADLINE_EXCEEDED")
  }
}
