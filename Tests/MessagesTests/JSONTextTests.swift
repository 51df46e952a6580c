internal import Messages
internal import Testing

/// The JSON of messages, checked against texts written by hand after the proto3 JSON mapping.
@Suite struct JSONTextTests {
  @Test func emptyAnswerShowsBooleansAndRevision() {
    let arena = Arena(initialBytes: 256)
    let builder = PosternV1.ValidateTokenResponse.Builder(in: arena)
    #expect(builder.jsonText == #"{"active":false,"revision":"0","ledger_epoch":"0"}"#)
  }

  @Test func scalarsEnumsAndTimes() {
    let arena = Arena(initialBytes: 256)
    let builder = PosternV1.ValidateTokenResponse.Builder(in: arena)
    builder.setActive(true)
    builder.setUserID("alice")
    builder.setKind(.org)
    builder.addScopes(.ingest)
    builder.addScopes(PosternV1.TokenScope(rawValue: 99))
    let expiry = builder.makeExpiresAt()
    expiry.setSeconds(1_777_636_800)
    expiry.setNanos(250_000_001)
    builder.setRevision(UInt64.max)
    #expect(
      builder.jsonText
        == #"{"active":true,"user_id":"alice","expires_at":"2026-05-01T12:00:00.250000001Z","#
        + #""kind":"TOKEN_KIND_ORG","scopes":["TOKEN_SCOPE_INGEST",99],"#
        + #""revision":"18446744073709551615","ledger_epoch":"0"}"#)
  }

  @Test func decodedMessageIsWrittenAsBuilt() throws {
    let arena = Arena(initialBytes: 256, limits: DecodeLimits(bytes: 1 << 16))
    let builder = PosternV1.ListOrganizationsResponse.Builder(in: arena)
    for name in ["first", "second"] { builder.addOrganizations().setID(name) }
    var bytes = ByteBuffer()
    builder.encode(into: &bytes)
    let view = try PosternV1.ListOrganizationsResponse(decoding: bytes.bytes, in: arena)
    #expect(
      view.jsonText
        == #"{"organizations":[{"id":"first"},{"id":"second"}],"revision":"0","ledger_epoch":"0"}"#)
    #expect(view.jsonText == builder.jsonText)
  }

  @Test func oneofShowsOnlyTheSetMember() {
    let arena = Arena(initialBytes: 256)
    let builder = PosternV1.Writer.Builder(in: arena)
    #expect(builder.jsonText == "{}")
    builder.setTeamID("")
    #expect(builder.jsonText == #"{"team_id":""}"#)
  }

  @Test(
    arguments: [
      (0, 0, "0s"), (1, 500_000_000, "1.500s"), (0, -1, "-0.000000001s"), (-3, 0, "-3s"),
      (2_592_000, 1_000, "2592000.000001s"),
    ] as [(Int64, Int32, String)])
  func durations(seconds: Int64, nanoseconds: Int32, text: String) {
    let arena = Arena(initialBytes: 256)
    let builder = GoogleProtobuf.Duration.Builder(in: arena)
    builder.setSeconds(seconds)
    builder.setNanos(nanoseconds)
    #expect(builder.jsonText == "\"\(text)\"")
  }

  @Test(
    arguments: [
      ([], ""), ([0], "AA=="), ([0xff, 0xee], "/+4="), ([1, 2, 3], "AQID"),
      ([0xfb, 0xef, 0xbe, 0xff], "++++/w=="),
    ] as [([UInt8], String)])
  func bytesAreBase64(bytes: [UInt8], text: String) {
    let arena = Arena(initialBytes: 256)
    let builder = PosternV1.ReloadPolicyResponse.Builder(in: arena)
    builder.setPolicyHash(bytes.span)
    let field = text.isEmpty ? "" : #""policy_hash":"\#(text)","#
    #expect(
      builder.jsonText == "{" + field + #""action_count":0,"revision":"0","ledger_epoch":"0"}"#)
  }

  @Test(arguments: [
    ("plain", "plain"), ("a\"b\\c", #"a\"b\\c"#), ("\n\r\t\u{1}", #"\n\r\t\u0001"#),
    ("\u{1b}[31m", #"\u001b[31m"#), ("\u{7f}\u{9b}", #"\u007f\u009b"#),
    ("\u{2028}", #"\u2028"#), ("grün 🌱", "grün 🌱"), ("e\u{301}", "e\u{301}"),
  ])
  func stringsAreEscaped(text: String, written: String) {
    let arena = Arena(initialBytes: 256)
    let builder = PosternV1.Organization.Builder(in: arena)
    builder.setDisplayName(text)
    #expect(builder.jsonText == "{\"display_name\":\"\(written)\"}")
  }

  @Test func mapsAreObjects() {
    let arena = Arena(initialBytes: 256)
    let builder = GoogleRPC.ErrorInfo.Builder(in: arena)
    let entry = builder.addMetadata()
    entry.setKey("rule")
    entry.setValue("administrator")
    #expect(builder.jsonText == #"{"metadata":{"rule":"administrator"}}"#)
  }

  @Test func fieldMaskIsOneString() {
    let arena = Arena(initialBytes: 256)
    let builder = GoogleProtobuf.FieldMask.Builder(in: arena)
    builder.addPaths("display_name")
    builder.addPaths("scopes")
    #expect(builder.jsonText == #""display_name,scopes""#)
  }
}
