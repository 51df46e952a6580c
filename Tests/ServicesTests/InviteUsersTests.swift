internal import Messages
internal import RPC
internal import Services
internal import TestSupport
internal import Testing

/// A group of users is invited in steps, between which other commands have their turn.
@Suite struct InviteUsersTests {
  private static func desk() throws -> Desk {
    // One user a step.
    var limits = ServiceLimits()
    limits.stepNanoseconds = 0
    let desk = try Desk(limits: limits)
    _ = try desk.load([
      #"{"organization":{"id":"acme"}}"#,
      #"{"user":{"organization_id":"acme","id":"root","administrator":true}}"#,
    ])
    return desk
  }

  private static func request(_ users: [String]) throws -> [UInt8] {
    let users = users.map { #"{"user_id":"\#($0)"}"# }.joined(separator: ",")
    return try Desk.encoded(
      PosternV1.InviteUsersRequest.self, #"{"organization_id":"acme","users":[\#(users)]}"#)
  }

  private static func invite(
    _ id: String, named name: String = "", to desk: Desk
  ) throws {
    try desk.command(
      .directoryServiceInviteUser,
      Desk.encoded(
        PosternV1.InviteUserRequest.self,
        #"{"organization_id":"acme","user_id":"\#(id)","display_name":"\#(name)"}"#))
  }

  private static func count(_ desk: Desk) throws -> Int {
    try desk.rowCounts(of: "acme")["users"] ?? 0
  }

  @Test func othersHaveTheirTurnBetweenSteps() throws {
    let desk = try Self.desk()
    var counts: [Int] = []
    let answer = try desk.command(
      .directoryServiceInviteUsers, Self.request(["a", "b", "c", "d"])
    ) {
      counts.append(try Self.count(desk))
      // Just so, it is no obstacle.
      if counts.count == 1 { try Self.invite("c", to: desk) }
    }
    #expect(counts == [2, 4])
    #expect(try Self.count(desk) == 5)
    let arena = Arena(initialBytes: 4096, limits: .requests)
    let response = try PosternV1.InviteUsersResponse(decoding: answer.span, in: arena)
    let ids = (0..<response.usersCount).map { String(response.users(at: $0).id) }
    #expect(ids == ["a", "b", "c", "d"])
  }

  /// Nobody is added where somebody can't be, as of when the call is decided first.
  @Test func allAreCheckedBeforeTheFirst() throws {
    let desk = try Self.desk()
    try Self.invite("c", named: "Carol", to: desk)
    let refusal = Desk.refusal {
      _ = try desk.command(.directoryServiceInviteUsers, Self.request(["a", "b", "c"]))
    }
    #expect(refusal?.code == .alreadyExists)
    #expect(try Self.count(desk) == 2)
  }

  /// What another command has made impossible ends the call, and the steps before it stand.
  @Test func endsAtWhatOthersHaveDone() throws {
    let desk = try Self.desk()
    let refusal = Desk.refusal {
      _ = try desk.command(.directoryServiceInviteUsers, Self.request(["a", "b", "c"])) {
        try Self.invite("c", named: "Carol", to: desk)
      }
    }
    #expect(refusal?.code == .alreadyExists)
    #expect(try Self.count(desk) == 3)
    #expect(Desk.refusal { try Self.invite("a", to: desk) } == nil, "it may be repeated")
  }

  /// Each step asks whether the caller still may.
  @Test func endsWithItsBearer() throws {
    let desk = try Self.desk()
    let token = try desk.issueToken("root")
    let refusal = Desk.refusal {
      desk.bearer = token
      _ = try desk.command(.directoryServiceInviteUsers, Self.request(["a", "b", "c"])) {
        desk.bearer = ""
        try desk.command(
          .tokenServiceRevokeToken,
          Desk.encoded(PosternV1.RevokeTokenRequest.self, #"{"secret":"\#(token)"}"#))
        desk.bearer = token
      }
    }
    #expect(refusal?.reason == "TOKEN_NOT_ACTIVE")
    desk.bearer = ""
    #expect(try Self.count(desk) == 2)
  }
}
