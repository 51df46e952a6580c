internal import Messages
internal import RPC
internal import Services
internal import Testing

/// A command that asks to wait for the fleet while no further one may.
@Suite struct WaitRefusalTests {
  @Test(arguments: [Method.tokenServiceRevokeTokens, .directoryServiceDeleteUser])
  func changesNothing(_ method: Method) throws {
    let desk = try Desk()
    try desk.send(
      .directoryServiceCreateOrganization,
      #"{"organization_id":"acme","administrator_user_id":"alice"}"#)
    try desk.send(.directoryServiceInviteUser, #"{"organization_id":"acme","user_id":"bob"}"#)
    _ = try desk.issue(#"{"organization_id":"acme","user_id":"bob"}"#)
    let before = try desk.revision
    desk.waitRefusal = Status(.resourceExhausted, "too many wait", reason: "LIMIT")

    #expect(Desk.refusal { try Self.give(method, waiting: true, desk) }?.reason == "LIMIT")
    #expect(try desk.revision == before)
    try Self.give(method, waiting: false, desk)
    #expect(try desk.revision > before)
  }

  private static func give(_ method: Method, waiting waits: Bool, _ desk: Desk) throws {
    let wait = waits ? "WAIT_FLEET" : "WAIT_HOST"
    let fields = #""organization_id":"acme","user_id":"bob","wait":"\#(wait)""#
    let payload =
      if method == .tokenServiceRevokeTokens {
        try Desk.encoded(PosternV1.RevokeTokensRequest.self, "{\(fields)}")
      } else {
        try Desk.encoded(PosternV1.DeleteUserRequest.self, "{\(fields)}")
      }
    try desk.command(method, payload)
  }
}
