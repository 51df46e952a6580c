/// The input of a session's fuzzer: a count, as many choices, and then what the peer sends.
///
/// The choices steer what is no byte of the peer's: how its bytes are cut, how its calls are
/// answered, when a drain begins. Used up, they begin anew, so that the bytes of the wire stay in
/// one piece, where a fuzzer can splice them.
struct SessionInput: ~Escapable {
  static let choicesMaximum = 32

  /// What the peer sends.
  let wire: Span<UInt8>
  private let choices: Span<UInt8>
  private var index = 0

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) {
    let count = bytes.isEmpty ? 0 : min(Int(bytes[0]) % (Self.choicesMaximum + 1), bytes.count - 1)
    choices = bytes.extracting(min(1, bytes.count)..<min(1, bytes.count) + count)
    wire = bytes.extracting((min(1, bytes.count) + count)...)
  }

  /// The next choice; zero without any.
  @_lifetime(self: copy self)
  mutating func choose() -> Int {
    guard !choices.isEmpty else { return 0 }
    defer { index = (index + 1) % choices.count }
    return Int(choices[index])
  }
}
