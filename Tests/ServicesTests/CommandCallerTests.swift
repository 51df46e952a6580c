internal import RPC
internal import Services
internal import Testing

/// The caller of every command is found before the request is decoded.
@Suite struct CommandCallerTests {
  private static var commands: [Method] {
    Method.allCases.filter { method in
      switch method.descriptor.kind {
      case .command, .stream(.requests, isCommand: true): true
      default: false
      }
    }
  }

  @Test func aProcessWithoutATokenGivesNoCommand() throws {
    #expect(Self.commands.count > 20)
    for method in Self.commands {
      let desk = try Desk()
      desk.peer = Peer(userID: 1000, groupID: 1000, processID: 1, role: .client)
      let status = #expect(throws: Status.self, "\(method)") { try desk.command(method, []) }
      // A command for holders of a secret; the request has none here.
      let isOpen = method == .tokenServiceRevokeToken
      #expect(status?.code == (isOpen ? .invalidArgument : .unauthenticated), "\(method)")
    }
  }

  @Test func aTokenThatIsNotActiveGivesNoCommand() throws {
    for method in Self.commands {
      let desk = try Desk()
      desk.bearer = "pst_u_nothing"
      let status = #expect(throws: Status.self, "\(method)") { try desk.command(method, []) }
      #expect(status?.code == .unauthenticated, "\(method)")
    }
  }
}
