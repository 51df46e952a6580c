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
