/// How many there are of something, for people.
enum CountText {
  /// As `1 record` or `12 records`: English adds an `s` to all but one.
  static func of(_ number: some BinaryInteger, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }
}
