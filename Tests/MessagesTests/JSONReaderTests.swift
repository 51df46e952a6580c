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
  }

  @Test(arguments: [
    ("3s", "3s"), ("0s", "0s"), ("-1.5s", "-1.500s"), ("0.000000001s", "0.000000001s"),
    ("999999999999s", "999999999999s"), ("-0.25s", "-0.250s"),
  ])
  func readsDurations(_ text: String, _ expected: String) throws {
    let bytes = try Self.read(
      PosternV1.IssueTokenRequest.self, "{\"lifetime\":\"\(text)\"}")
    let arena = Arena(initialBytes: 4096)
    let request = try PosternV1.IssueTokenRequest(decoding: bytes.span, in: arena)
    #expect(request.jsonText == "{\"lifetime\":\"\(expected)\"}")
  }

  @Test(arguments: ["", "s", "3", "3 s", "3.s", ".5s", "+3s", "1.0000000000s", "1e3s", "--1s"])
  func refusesOtherDurations(_ text: String) {
    #expect(throws: JSONError.self) {
      try Self.read(PosternV1.IssueTokenRequest.self, "{\"lifetime\":\"\(text)\"}")
    }
  }

  /// As proto3's JSON mapping has them: names in camel case, masks, bytes, and numbers of 64 bits.
  @Test func readsTheMappingOfProto3() throws {
    let bytes = try Self.read(
      PosternV1.UpdateOrgTokenRequest.self,
      #"{"tokenId":"t","updateMask":"name,expiresAt,previous_secret_expires_at"}"#)
    let arena = Arena(initialBytes: 4096)
    let request = try PosternV1.UpdateOrgTokenRequest(decoding: bytes.span, in: arena)
    #expect(
      request.jsonText == #"{"token_id":"t","update_mask":"name,expires_at,"#
        + #"previous_secret_expires_at","disabled":false}"#)
    let epoch = try Self.read(
      PosternV1.GetTokenRequest.self, #"{"ledgerEpoch":"18446744073709551615"}"#)
    let get = try PosternV1.GetTokenRequest(decoding: epoch.span, in: arena)
    #expect(get.ledgerEpoch == .max)
    for text in ["_-8=", "_-8", "/+8="] {
      let hash = try Self.read(
        PosternV1.VerifyLogRequest.self, "{\"expectedHash\":\"\(text)\"}")
      let verify = try PosternV1.VerifyLogRequest(decoding: hash.span, in: arena)
      #expect([UInt8](copying: verify.expectedHash) == [0xff, 0xef])
    }
    for text in ["_-9", "A", "====", "_-8==", "a b="] {
      #expect(throws: JSONError.self) {
        try Self.read(PosternV1.VerifyLogRequest.self, "{\"expectedHash\":\"\(text)\"}")
      }
    }
    #expect(throws: JSONError.self) {
      try Self.read(PosternV1.GetTokenRequest.self, #"{"tokenId":"a","token_id":"a"}"#)
    }
  }

  @Test func writesTheMappingOfProto3() throws {
    let type = MessageType(PosternV1.UpdateOrgTokenRequest.self)
    var encoded = ByteBuffer()
    let json = #"{"tokenId":"t","updateMask":"name,expiresAt","disabled":true}"#
    try type.encode(json: json.utf8Span.span, into: &encoded)
    var written = ByteBuffer()
    try type.appendJSON(of: encoded.bytes, to: &written)
    #expect(String(decoding: [UInt8](copying: written.bytes), as: UTF8.self) == json)
  }

  @Test func boundsFieldsAndElements() throws {
    let type = MessageType(PosternV1.DirectoryRecord.self)
    let json = #"{"team":{"member_user_ids":["a","b"]}}"#
    var encoded = ByteBuffer()
    try type.encode(json: json.utf8Span.span, maximumFields: 4, into: &encoded)
    let count = encoded.count
    #expect(count > 0)
    var other = ByteBuffer()
    #expect(throws: JSONError.self) {
      try type.encode(json: json.utf8Span.span, maximumFields: 3, into: &other)
    }
    let isEmpty = other.isEmpty
    #expect(isEmpty)
  }

  @Test func repeatsNoLongName() {
    let name = String(repeating: "a", count: 61)
    do {
      _ = try Self.read(PosternV1.DirectoryRecord.self, "{\"\(name)\":1}")
      Issue.record("it was read")
    } catch {
      #expect(!"\(error)".contains("aaaa"))
    }
  }
}
