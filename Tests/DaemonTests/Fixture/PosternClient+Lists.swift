internal import Messages
internal import PosternClient
internal import TestSupport

extension PosternClient {
  /// The members of a team of `acme`, read in pages.
  func members(of team: String, pageSize: Int32 = 0) throws(ClientError) -> [String] {
    var members: [String] = []
    var page = ""
    repeat {
      let reply = try listTeamMembers {
        $0.setOrganizationID("acme")
        $0.setTeamID(team)
        $0.setPageSize(pageSize)
        $0.setPageToken(page)
      }
      let message = reply.message
      for index in 0..<message.membersCount {
        members.append(String(message.members(at: index).userID))
      }
      page = String(message.nextPageToken)
    } while !page.isEmpty && members.count < 100_000
    return members
  }

  /// The writers of a resource of `acme`, such as `user bob` and `team ops`, read in pages.
  func writers(
    of type: String, _ id: String, pageSize: Int32 = 0
  ) throws(ClientError) -> [String] {
    var writers: [String] = []
    var page = ""
    repeat {
      let reply = try listWriters {
        $0.setOrganizationID("acme")
        $0.setResourceType(type)
        $0.setResourceID(id)
        $0.setPageSize(pageSize)
        $0.setPageToken(page)
      }
      let message = reply.message
      for index in 0..<message.writersCount {
        switch message.writers(at: index).principalValue {
        case .userID(let id): writers.append("user \(String(id))")
        case .teamID(let id): writers.append("team \(String(id))")
        case nil: writers.append("nobody")
        }
      }
      page = String(message.nextPageToken)
    } while !page.isEmpty && writers.count < 100_000
    return writers
  }
}
