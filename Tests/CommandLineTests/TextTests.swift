internal import Testing
internal import postern

/// How lengths of time are read, and how times, sizes and tables are written.
@Suite struct TextTests {
  @Test(
    arguments: [
      ("90s", 90), ("30m", 1_800), ("7d", 604_800), ("1d12h", 129_600), ("2w", 1_209_600),
      ("", nil), ("7", nil), ("d", nil), ("7 d", nil), ("-7d", nil), ("1.5h", nil), ("７d", nil),
      ("99999999999999999999s", nil), ("9223372036854775807w", nil),
    ] as [(String, Int64?)])
  func lengthsOfTime(text: String, seconds: Int64?) {
    #expect(DurationText.seconds(text) == seconds)
  }

  @Test(
    arguments: [
      ("2h", 992_800), ("1970-01-02", 86_400), ("1970-01-02 01:00", 90_000),
      ("1970-01-02 01:00:07 UTC", 90_007), ("1970-01-02T01:00:00Z", 90_000),
      ("1970-01-02T01:00:00+01:00", nil), ("", nil), ("tomorrow", nil), ("1970-02-30", nil),
      ("1970-01-02 01", nil), ("1970-01-02 01:00\"", nil), (" UTC", nil),
    ] as [(String, Int64?)])
  func pointsInTime(text: String, seconds: Int64?) {
    #expect(TimeText(text, nowSeconds: 1_000_000)?.seconds == seconds)
  }

  @Test(
    arguments: [
      (0, "now"), (1, "in 1 second"), (59, "in 59 seconds"), (-60, "1 minute ago"),
      (89, "in 1 minute"), (90, "in 2 minutes"), (3_569, "in 59 minutes"), (3_570, "in 1 hour"),
      (7_199, "in 2 hours"), (170_999, "in 47 hours"), (171_000, "in 2 days"),
      (2_591_999, "in 30 days"), (-2_592_000, "30 days ago"), (Int64.min, "far away"),
    ] as [(Int64, String)])
  func distances(seconds: Int64, text: String) {
    #expect(HumanTime.distance(seconds, from: seconds == .min ? 1 : 0) == text)
  }

  @Test(
    arguments: [
      (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"),
      (1_048_575, "1023.9 KiB"), (1 << 30, "1.0 GiB"), (UInt64.max, "15.9 EiB"),
    ] as [(UInt64, String)])
  func sizes(bytes: UInt64, text: String) {
    #expect(StatusCommand.byteCount(bytes) == text)
  }

  @Test func tableIsAlignedAndCannotSteerTheTerminal() {
    var table = TextTable(["ID", "NAME", "ROLE"])
    table.add(["alice", "", "administrator"])
    table.add(["b", "grün\u{1b}[2J\nroot", "member"])
    #expect(
      table.text == """
        ID     NAME                 ROLE
        alice                       administrator
        b      grün\\u{1B}[2J\\nroot  member
        """)
  }

  @Test(arguments: [("issue", "isseu", 1), ("list", "lst", 1), ("get", "", 3), ("a", "a", 0)])
  func editDistance(left: String, right: String, distance: Int) {
    #expect(Nearest.distance(Array(left), Array(right)) == distance)
  }

  @Test func secretIsTrimmedAndSilent() throws {
    let secret = try #require(Secret(Array(" pst_u_abc\r\n".utf8)))
    #expect(secret.bytes.count == 9)
    #expect("\(secret)\(String(reflecting: secret))".contains("pst") == false)
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!dumped.contains("112"))
    #expect(Secret(Array("\n".utf8)) == nil)
  }
}
