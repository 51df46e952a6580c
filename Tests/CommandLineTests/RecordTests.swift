internal import Messages
internal import TestSupport
internal import Testing
internal import postern

/// Records on their way from lines to messages.
@Suite struct RecordTests {
  @Test func readsLinesOfAnyLength() throws {
    let long = String(repeating: "x", count: 500)
    var lines = InputLines(RecordedInput("one\n\n\(long)\nlast"))
    var found: [String] = []
    while let line = try lines.next() { found.append(String(decoding: line, as: UTF8.self)) }
    #expect(found == ["one", "", long, "last"])
    #expect(lines.number == 4)
    #expect(lines.readBytes == 510)
    var none = InputLines(RecordedInput(""))
    #expect(try none.next() == nil)
  }

  private func record(_ json: String) throws -> EncodedRecord {
    try EncodedRecord(json.utf8Span.span)
  }

  @Test func aMessageHoldsAThousandRecords() throws {
    let user = try record(#"{"user":{"organization_id":"a","id":"b"}}"#)
    let organization = try record(#"{"organization":{"id":"a"}}"#)
    var batch = RecordBatch()
    for line in 1...1000 {
      #expect(!batch.isFull(for: user))
      // What comes late in a message would leave its administrator behind.
      #expect(batch.isFull(for: organization) == (line > 500))
      batch.add(user, line: 2 * line)
    }
    #expect(batch.isFull(for: user))
    #expect(batch.lines[3] == 8)
    let arena = Arena(initialBytes: 4096)
    let request = try PosternV1.ImportRequest(decoding: batch.payload.span, in: arena)
    #expect(request.recordsCount == 1000)
  }

  @Test func aMessageHoldsFiveThousandParts() throws {
    let members = [String](repeating: #""u""#, count: 2500).joined(separator: ",")
    let team = try record(#"{"team":{"id":"t","member_user_ids":[\#(members)]}}"#)
    #expect(team.partCount == 2501)
    var batch = RecordBatch()
    #expect(!batch.isFull(for: team))
    batch.add(team, line: 1)
    #expect(batch.isFull(for: team))
  }

  @Test(arguments: [
    ("import", "`FILE|-` is missing"), ("import - --from-line 0", "is not a number of at least 1"),
    ("import - --from-line x", "is not a number of at least 1"),
    ("export -", "one argument too many"),
    ("org delete acme", "confirm it by `--yes`"),
  ])
  func misuse(line: String, says: String) {
    let context = RecordedContext()
    let code = Program.run(line.split(separator: " ").map(String.init), in: context)
    #expect(code == .misuse)
    #expect(context.errors.contains(says), "\(context.errors)")
  }
}
