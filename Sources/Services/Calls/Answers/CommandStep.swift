internal import Messages
package import RPC

/// What a step of a command begins with, beside its request. Most commands have one step.
package struct CommandStep: Sendable {
  /// Where the step before has stopped; nil in the first one.
  let start: Continuation?
  /// Why the answer can't wait for the fleet; nil if it can.
  private let waitRefusal: Status?
  /// What was read for a command that needs the policy file.
  let policyFile: PolicyReading?

  package init(
    from start: Continuation? = nil, waitRefusal: Status? = nil, policyFile: PolicyReading? = nil
  ) {
    self.start = start
    self.waitRefusal = waitRefusal
    self.policyFile = policyFile
  }

  /// Whether the answer waits for the fleet, as the request asks. Refuses the command if it can't,
  /// and a value that is not known, which may ask for more than is done.
  func waitsForFleet(_ wait: PosternV1.Wait) throws(Status) -> Bool {
    switch wait {
    case .unspecified, .host: return false
    case .fleet:
      if let waitRefusal { throw waitRefusal }
      return true
    default:
      throw Fields.invalid("`wait` is \(wait.rawValue), which this daemon does not know", "wait")
    }
  }
}

/// How a step of a command ends.
enum StepEnd {
  /// The command is done.
  case done
  /// It continues there after other commands had their turn.
  case continues(Continuation)
  /// The request is done. Its call follows with another one, and only the last waits for the fleet.
  case isFollowed
}

/// What was decided of a command, beside its answer.
package struct CommandEnd: Sendable {
  /// Where it continues after other commands had their turn; nil where it is done.
  package let continuation: Continuation?
  /// Whether its answer waits until every member of the fleet obeys the change.
  package let waitsForFleet: Bool

  /// With whether the request asks to wait for the fleet.
  init(_ end: StepEnd, asksToWait: Bool) {
    switch end {
    case .done: (continuation, waitsForFleet) = (nil, asksToWait)
    case .continues(let rest): (continuation, waitsForFleet) = (rest, false)
    case .isFollowed: (continuation, waitsForFleet) = (nil, false)
    }
  }
}

/// Where a command continues in a further step, which is decided after other commands had their
/// turn. Its entries so far are committed like those of any command.
package struct Continuation: Sendable {
  /// The object that the command removes, in an encoding of its own. Until the command has ended,
  /// nothing is added to the object.
  package let subject: [UInt8]
  /// Where the next step continues, in an encoding of its own.
  package let position: [UInt8]

  package init(subject: [UInt8], position: [UInt8]) {
    self.subject = subject
    self.position = position
  }
}
