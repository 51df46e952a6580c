internal import Messages
internal import PosternClient
internal import RPC
internal import TestSupport
internal import Testing

/// The authors of changes, as the log keeps them.
@Suite struct AttributionTests {
  /// The program is known where the daemon may look: this process has the daemon's user.
  @Test func namesTheProgramOfThePeer() throws {
    let world = try World()
    let client = try world.daemon.client()
    let reply = try client.getResource {
      $0.setOrganizationID("acme")
      $0.setResourceType("dashboard")
      $0.setResourceID("one")
    }
    var executable = ""
    if let resource = reply.message.resource, let created = resource.created {
      executable = String(created.executable)
    }
    // The tests' own program, whose folder is that of the daemon.
    #expect(executable.utf8.count <= 255)
    #expect(Self.ownPath.hasSuffix(executable) && executable.count > 10, "\(executable)")
  }

  private static var ownPath: String {
    var path = Daemon.program("")
    path.removeLast()
    return path + "/" + (CommandLine.arguments[0].split(separator: "/").last.map(String.init) ?? "")
  }

  /// The log grows by one entry a minute and one at the end, however many commands are denied.
  @Test func aFloodOfDeniedCommandsDoesNotGrowTheLog() throws {
    let world = try World()
    let before = try world.daemon.client().revision()
    let flooder = try world.daemon.client(bearer: world.secret(of: .user))
    let arena = Arena(initialBytes: 256)
    let request = PosternV1.InviteUserRequest.Builder(in: arena)
    request.setOrganizationID("acme")
    request.setUserID("eve")
    var payload = ByteBuffer()
    request.encode(into: &payload)
    for _ in 0..<200 {
      for _ in 0..<500 {
        _ = try flooder.send(
          service: "postern.v1.DirectoryService", method: "InviteUser", payload: payload.bytes)
      }
      try flooder.flush()
      for _ in 0..<500 {
        let code = try flooder.receive().code
        guard code == .permissionDenied else {
          Issue.record("answered \(code)")
          return
        }
      }
    }
    #expect(try world.daemon.stop() == .exited(0))
    let again = try Daemon(folder: world.daemon.folder)
    let client = try again.client()
    let grown = try client.revision() - before
    #expect((1...10).contains(grown), "\(grown) entries")
    #expect(try client.verify().isIntact)
  }
}
