internal import Messages
internal import PosternClient
internal import TestSupport
internal import Testing

/// `Import` and `Export` through the socket.
@Suite struct ImportExportTests {
  private static func record(_ index: Int, into record: PosternV1.DirectoryRecord.Builder) {
    if index == 0 { return record.makeOrganization().setID("acme") }
    fill(record.makeUser(), index)
  }

  private static func fill(_ user: PosternV1.User.Builder, _ index: Int) {
    user.setOrganizationID("acme")
    user.setID("user\(1000 + index)")
    user.setAdministrator(index % 100 == 1)
  }

  private func load(
    _ count: Int, perMessage: Int, over client: PosternClient, spoiled: Int? = nil
  ) throws(ClientError) -> UInt64 {
    var next = 0
    let reply = try client.import { request in
      guard next < count else { return false }
      for index in next..<min(next + perMessage, count) {
        Self.record(index, into: request.addRecords())
      }
      if next / perMessage == spoiled { request.addRecords().makeUser().setID("a b") }
      next += perMessage
      return true
    }
    return reply.message.userCount
  }

  private func names(over client: PosternClient) throws(ClientError) -> [String] {
    var names: [String] = []
    try client.export { _ in
    } each: { message in
      for index in 0..<message.recordsCount { names.append(message.records(at: index).jsonText) }
      return true
    }
    return names
  }

  @Test func takesAndGivesADirectory() throws {
    let (source, target) = (try Daemon(), try Daemon())
    let from = try source.client()
    #expect(try load(5001, perMessage: 1000, over: from) == 5000)
    // Not before: a connection has to speak within `--handshake-timeout`.
    let to = try target.client()
    #expect(try load(5001, perMessage: 1000, over: to) == 5000)
    let exported = try names(over: from)
    #expect(exported.count == 5001)
    #expect(try names(over: to) == exported)
    #expect(try load(5001, perMessage: 700, over: to) == 0)
  }

  @Test func keepsWhatCameBeforeAnError() throws {
    let daemon = try Daemon()
    let client = try daemon.client()
    let error = failure { () throws(ClientError) in
      try load(500, perMessage: 100, over: client, spoiled: 3)
    }
    #expect(error?.field == "records[100].user.organization_id")
    guard case .status(_, _, _, _, let metadata) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(metadata["applied"] == "3")
    #expect(try names(over: client).count == 300)
  }
}
