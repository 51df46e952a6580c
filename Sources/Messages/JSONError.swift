/// Why text is not the JSON of a message.
public struct JSONError: Error, Sendable, Equatable {
  /// The line, from 1.
  public let line: Int
  /// The character in the line, from 1.
  public let column: Int
  /// What is wrong there, in lower case; never a value.
  public let problem: String

  /// An error at a byte of the text.
  init(_ problem: String, at offset: Int, in text: Span<UInt8>) {
    var (line, column) = (1, 1)
    for index in 0..<min(offset, text.count) {
      if text[index] == UInt8(ascii: "\n") {
        (line, column) = (line + 1, 1)
      } else if text[index] & 0xc0 != 0x80 {
        column += 1
      }
    }
    (self.line, self.column, self.problem) = (line, column, problem)
  }
}
