/// What a command leaves for a further step, which is decided after other commands had their turn.
/// Its entries so far are committed like those of any command.
package struct Continuation: Sendable {
  /// What the command is removing, in bytes that say so to itself: until it has ended, nothing is
  /// added there.
  package let subject: [UInt8]
  /// Where the next step goes on, in the command's own words.
  package let position: [UInt8]

  package init(subject: [UInt8], position: [UInt8]) {
    self.subject = subject
    self.position = position
  }
}
