internal import Messages

/// The total changes of all messages of an import.
struct ImportTotal {
  private var organizations: UInt64 = 0
  private var users: UInt64 = 0
  private var teams: UInt64 = 0
  private var resources: UInt64 = 0
  private var unchanged: UInt64 = 0
  private var revision: UInt64 = 0

  /// Adds an encoded answer; false if it can't be decoded.
  mutating func add(_ answer: [UInt8]) -> Bool {
    let arena = Arena(initialBytes: 1 << 10)
    guard let response = try? PosternV1.ImportResponse(decoding: answer.span, in: arena) else {
      return false
    }
    organizations += response.organizationCount
    users += response.userCount
    teams += response.teamCount
    resources += response.resourceCount
    unchanged += response.unchangedCount
    revision = response.revision
    return true
  }

  func write(into response: PosternV1.ImportResponse.Builder) {
    response.setOrganizationCount(organizations)
    response.setUserCount(users)
    response.setTeamCount(teams)
    response.setResourceCount(resources)
    response.setUnchangedCount(unchanged)
    response.setRevision(revision)
  }

  /// The sentence for people.
  var sentence: String {
    let changed = [
      CountText.of(organizations, "organization"), CountText.of(users, "user"),
      CountText.of(teams, "team"),
    ]
    return "created or changed \(changed.joined(separator: ", ")) and "
      + "\(CountText.of(resources, "resource")); \(CountText.of(unchanged, "record"))"
      + " changed nothing (revision \(revision))"
  }
}
