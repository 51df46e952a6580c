internal import Messages
internal import Testing

/// Reading messages from JSON.
@Suite struct JSONReaderTests {
  private static func read<Message: MessageView & ~Escapable>(
    _ type: Message.Type, _ json: String
  ) throws -> [UInt8] {
    var encoded = ByteBuffer()
    try Message.encode(json: json.utf8Span.span, into: &encoded)
    return Array(copying: encoded.bytes)
  }

  /// The text of a message, read and written again.
  private static func again(_ json: String) throws -> String {
    let bytes = try read(PosternV1.DirectoryRecord.self, json)
    let arena = Arena(initialBytes: 4096)
    return try PosternV1.DirectoryRecord(decoding: bytes.span, in: arena).jsonText
  }

  @Test(arguments: [
    "{}",
    #"{"organization":{}}"#,
    #"{"organization":{"id":"a","display_name":"é\"\\\n\u001b🙂"}}"#,
    #"{"user":{"organization_id":"a","id":"b","administrator":true,"#
      + #""created_at":"2026-05-01T12:00:00.250Z"}}"#,
    #"{"team":{"organization_id":"a","id":"b","member_user_ids":["c","","d"]}}"#,
    #"{"resource":{"id":"r","writers":[{"user_id":""},{"team_id":"t"},{}]}}"#,
  ])
  func undoesWriting(_ json: String) throws {
    #expect(try Self.again(json) == json)
  }

  @Test(arguments: [
    (
      #" { "user" : { "administrator" : true , "id" : "a" } } "#,
      #"{"user":{"id":"a","administrator":true}}"#
    ),
    (
      #"{"organization":{"id":"\u0061\ud83d\ude42\/\b"}}"#,
      #"{"organization":{"id":"a🙂/\u0008"}}"#
    ),
    (#"{"team":{"member_user_ids":[]}}"#, #"{"team":{}}"#),
    (
      #"{"user":{"created_at":"2024-02-29T00:00:00.5Z"}}"#,
      #"{"user":{"administrator":false,"created_at":"2024-02-29T00:00:00.500Z"}}"#
    ),
  ])
  func readsOtherSpellings(_ json: String, _ expected: String) throws {
    #expect(try Self.again(json) == expected)
  }

  @Test(arguments: [
    ("", 1, "an object"), ("[]", 1, "an object"), ("{", 2, "the name of a field"),
    ("{}}", 3, "behind the end"), (#"{"user":null}"#, 9, "an object"),
    (#"{"usr":{}}"#, 2, "`usr` is not a field of `DirectoryRecord`"),
    (#"{"user":{},"team":{}}"#, 12, "can't be given beside"),
    (#"{"user":{"id":"a","id":"b"}}"#, 19, "`id` is given twice"),
    (#"{"user":{"id":7}}"#, 15, "text for `id`"), (#"{"user":{"id":"a}}"#, 15, "has no end"),
    (#"{"user":{"id":"é\x"}}"#, 17, "not a JSON escape"),
    (#"{"user":{"id":"\ud800"}}"#, 16, "not a JSON escape"),
    (#"{"user":{"id":"\u00"}}"#, 16, "not a JSON escape"),
    (#"{"user":{"id":"\u0000"}}"#, 15, "NUL"),
    ("{\"user\":{\"id\":\"a\tb\"}}", 17, "control character"),
    (#"{"user":{"administrator":1}}"#, 26, "true or false"),
    (#"{"user":{"administrator":True}}"#, 26, "true or false"),
    (#"{"user":{"created_at":"2026-02-29T00:00:00Z"}}"#, 23, "a time"),
    (#"{"user":{"created_at":"2026-02-28 00:00:00Z"}}"#, 23, "a time"),
    (#"{"team":{"member_user_ids":"a"}}"#, 28, "a list"),
    (#"{"team":{"member_user_ids":["a",]}}"#, 33, "text"),
    (#"{"team":{"member_user_ids":["a" "b"]}}"#, 33, "the end of the list"),
    (#"{"user":{"id":"a",}}"#, 19, "the name of a field"), (#"{"user" {}}"#, 9, "a colon"),
  ])
  func saysWhatIsWrongWhere(_ json: String, _ column: Int, _ problem: String) {
    do {
      _ = try Self.read(PosternV1.DirectoryRecord.self, json)
      Issue.record("`\(json)` was read")
    } catch let error as JSONError {
      #expect(error.line == 1)
      #expect(error.column == column, "\(json): \(error.problem)")
      #expect(error.problem.contains(problem), "\(error.problem)")
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test(arguments: [
    (
      #"{"uid":4294967295,"gid":0,"pid":-7,"time":"1969-12-31T23:59:59.000000001Z","#
        + #""revision":"18446744073709551615"}"#, nil
    ),
    (#"{"revision":7,"uid":"8"}"#, #"{"uid":8,"gid":0,"pid":0,"revision":"7"}"#),
  ])
  func readsNumbers(_ json: String, _ expected: String?) throws {
    let bytes = try Self.read(PosternV1.Attribution.self, json)
    let arena = Arena(initialBytes: 4096)
    let text = try PosternV1.Attribution(decoding: bytes.span, in: arena).jsonText
    #expect(text == expected ?? json)
  }

  @Test(arguments: ["-1", "01", "4294967296"])
  func refusesOtherNumbers(_ number: String) {
    #expect {
      _ = try Self.read(PosternV1.Attribution.self, "{\"uid\":\(number)}")
    } throws: {
      guard let error = $0 as? JSONError else { return false }
      return error.column == 8 && error.problem.contains("32 bits")
    }
  }

  @Test func countsLines() {
    #expect {
      _ = try Self.read(PosternV1.DirectoryRecord.self, "{\n  \"user\": {\n    x\n")
    } throws: { ($0 as? JSONError)?.line == 3 && ($0 as? JSONError)?.column == 5 }
  }

  @Test func readsNamesOfValues() throws {
    let bytes = try Self.read(
      PosternV1.IssueTokenRequest.self, #"{"scopes":["TOKEN_SCOPE_API",1]}"#)
    let arena = Arena(initialBytes: 4096)
    let request = try PosternV1.IssueTokenRequest(decoding: bytes.span, in: arena)
    #expect(request.jsonText == #"{"scopes":["TOKEN_SCOPE_API","TOKEN_SCOPE_INGEST"]}"#)
    #expect(throws: JSONError.self) {
      try Self.read(PosternV1.IssueTokenRequest.self, #"{"scopes":["TOKEN_SCOPE_ALL"]}"#)
    }
    #expect(throws: JSONError.self) {
      try Self.read(PosternV1.IssueTokenRequest.self, #"{"lifetime":"3s"}"#)
    }
  }
}
