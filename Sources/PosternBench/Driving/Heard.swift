/// What a conversation made of received bytes.
struct Heard {
  /// The bytes that it needs no longer; the rest is offered again, with more behind it.
  var consumedByteCount: Int
  /// The answers that are complete and right.
  var answerCount: Int
}
