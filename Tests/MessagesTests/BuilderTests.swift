internal import Messages
internal import Testing

/// What is built is what is read, also after the way over the wire.
@Suite struct BuilderTests {
  /// A list grows by doubling from four, and each element stays what it was.
  @Test(arguments: [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 1000])
  func growsALists(_ count: Int) throws {
    let arena = Arena(initialBytes: 64)
    let builder = PosternV1.ListUsersResponse.Builder(in: arena)
    let tokens = PosternV1.Token.Builder(in: arena)
    for index in 0..<count {
      let user = builder.addUsers()
      user.setID("user-\(index)")
      user.setAdministrator(index % 3 == 0)
      tokens.addScopes(PosternV1.TokenScope(rawValue: Int32(index % 3 + 1)))
      #expect(builder.view.usersCount == index + 1)
    }
    var buffer = ByteBuffer()
    builder.encode(into: &buffer)
    #expect(buffer.count == builder.encodedByteCount)
    let decoding = Arena(initialBytes: 64, limits: DecodeLimits(bytes: 1 << 20))
    let view = try PosternV1.ListUsersResponse(decoding: buffer.bytes, in: decoding)
    #expect(view.usersCount == count)
    for index in 0..<count {
      let built = builder.view.users(at: index)
      let read = view.users(at: index)
      #expect([UInt8](copying: built.id) == Array("user-\(index)".utf8))
      #expect([UInt8](copying: read.id) == Array("user-\(index)".utf8))
      #expect(read.administrator == (index % 3 == 0))
    }
    var scopes = ByteBuffer()
    tokens.encode(into: &scopes)
    let token = try PosternV1.Token(decoding: scopes.bytes, in: decoding)
    #expect(token.scopesCount == count)
    for index in 0..<count { #expect(token.scopes(at: index).rawValue == Int32(index % 3 + 1)) }
  }

  @Test func growsAListOfText() throws {
    let arena = Arena(initialBytes: 64)
    let team = PosternV1.TeamRecord.Builder(in: arena)
    for index in 0..<70 { team.addMemberUserIDs("member-\(index)") }
    var buffer = ByteBuffer()
    team.encode(into: &buffer)
    let decoding = Arena(initialBytes: 64, limits: DecodeLimits(bytes: 1 << 20))
    let view = try PosternV1.TeamRecord(decoding: buffer.bytes, in: decoding)
    #expect(view.memberUserIDsCount == 70)
    for index in 0..<70 {
      #expect([UInt8](copying: view.memberUserIDs(at: index)) == Array("member-\(index)".utf8))
    }
  }

  @Test func carriesEveryNumber() throws {
    for value in [0, 1, 127, 128, 1 << 32, .max] as [UInt64] {
      let arena = Arena(initialBytes: 64, limits: DecodeLimits(bytes: 1 << 20))
      let builder = PosternStorageV1.Entry.Builder(in: arena)
      builder.setRevision(value)
      builder.setTimeNanoseconds(Int64(bitPattern: value))
      let actor = builder.makeActor()
      actor.setUid(UInt32(truncatingIfNeeded: value))
      actor.setPid(Int32(truncatingIfNeeded: value))
      actor.setTokenID([0, 1, 0xff, 0].span)
      var buffer = ByteBuffer()
      builder.encode(into: &buffer)
      let entry = try PosternStorageV1.Entry(decoding: buffer.bytes, in: arena)
      #expect(entry.revision == value)
      #expect(entry.timeNanoseconds == Int64(bitPattern: value))
      guard let read = entry.actor else { throw DecodingError("no actor") }
      #expect(read.uid == UInt32(truncatingIfNeeded: value))
      #expect(read.pid == Int32(truncatingIfNeeded: value))
      #expect([UInt8](copying: read.tokenID) == [0, 1, 0xff, 0])
    }
  }

  @Test func tellsTheCaseOfAOneof() throws {
    #expect(try Self.principal { _ in } == "none")
    #expect(try Self.principal { $0.setUserID("alice") } == "user alice")
    #expect(try Self.principal { $0.setTeamID("ops") } == "team ops")
    #expect(
      try Self.principal {
        $0.setUserID("alice")
        $0.setTeamID("ops")
      } == "team ops", "the last one set counts")
    #expect(try Self.principal { $0.setUserID("") } == "user ", "set to nothing is set")
  }

  /// On the wire too the last case counts.
  @Test func takesTheLastCaseOfTheWire() throws {
    let bytes = Wire.bytes(1, [0x61]) + Wire.bytes(2, [0x62])
    let arena = Arena(initialBytes: 64, limits: DecodeLimits(bytes: 1 << 20))
    let writer = try PosternV1.Writer(decoding: bytes.span, in: arena)
    #expect(Self.name(writer) == "team b")
    if writer.userID != nil { Issue.record("the first case is still there") }
  }

  @Test func keepsAnEnumOfALaterVersion() throws {
    let arena = Arena(initialBytes: 64, limits: DecodeLimits(bytes: 1 << 20))
    let builder = PosternV1.Token.Builder(in: arena)
    builder.setKind(PosternV1.TokenKind(rawValue: 99))
    builder.setState(.disabled)
    var buffer = ByteBuffer()
    builder.encode(into: &buffer)
    let token = try PosternV1.Token(decoding: buffer.bytes, in: arena)
    #expect(token.kind.rawValue == 99 && token.kind.name == nil)
    #expect(token.state == .disabled && token.state.name == "TOKEN_STATE_DISABLED")
  }

  private static func principal(_ fill: (PosternV1.Writer.Builder) -> Void) throws -> String {
    let arena = Arena(initialBytes: 64, limits: DecodeLimits(bytes: 1 << 20))
    let builder = PosternV1.Writer.Builder(in: arena)
    fill(builder)
    var buffer = ByteBuffer()
    builder.encode(into: &buffer)
    let writer = try PosternV1.Writer(decoding: buffer.bytes, in: arena)
    guard name(writer) == name(builder.view) else { throw DecodingError("two answers") }
    return name(writer)
  }

  private static func name(_ writer: PosternV1.Writer) -> String {
    switch writer.principalValue {
    case .userID(let id): "user " + String(decoding: [UInt8](copying: id), as: UTF8.self)
    case .teamID(let id): "team " + String(decoding: [UInt8](copying: id), as: UTF8.self)
    case nil: "none"
    }
  }
}
