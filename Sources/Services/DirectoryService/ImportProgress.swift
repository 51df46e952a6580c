internal import Ledger
internal import Messages

/// How far a message of an import has been applied.
struct ImportProgress {
  /// The record that is next.
  var next = 0
  /// The changes of the records before.
  var counts = ImportCounts()

  /// Where an earlier step has stopped; with nil, at the first record.
  init(_ continuation: Continuation?) {
    guard let position = continuation?.position else { return }
    next = Int(position.span.integer(UInt64.self, at: 0))
    counts = ImportCounts(position.span.extracting(8..<position.count))
  }

  /// Lets a further step continue from here. An import removes nothing.
  var continuation: Continuation {
    var position = ByteBuffer()
    position.append(littleEndian: UInt64(next))
    counts.encode(into: &position)
    return Continuation(subject: [], position: Array(copying: position.bytes))
  }
}

/// What an import has changed so far.
struct ImportCounts {
  private var organizations: UInt64 = 0
  private var users: UInt64 = 0
  private var teams: UInt64 = 0
  private var resources: UInt64 = 0
  private var unchanged: UInt64 = 0

  init() {}

  /// Reads what `encode` has written.
  init(_ encoded: Span<UInt8>) {
    organizations = encoded.integer(at: 0)
    users = encoded.integer(at: 8)
    teams = encoded.integer(at: 16)
    resources = encoded.integer(at: 24)
    unchanged = encoded.integer(at: 32)
  }

  func encode(into buffer: inout ByteBuffer) {
    for count in [organizations, users, teams, resources, unchanged] {
      buffer.append(littleEndian: count)
    }
  }

  /// Counts a record.
  mutating func add(_ hasChanged: Bool, _ record: PosternV1.DirectoryRecord.Record) {
    guard hasChanged else {
      unchanged += 1
      return
    }
    switch record {
    case .organization: organizations += 1
    case .user: users += 1
    case .team: teams += 1
    case .resource: resources += 1
    }
  }

  /// Adds what a step has changed.
  mutating func add(_ step: PosternV1.ImportResponse) {
    organizations += step.organizationCount
    users += step.userCount
    teams += step.teamCount
    resources += step.resourceCount
    unchanged += step.unchangedCount
  }

  func fill(_ response: PosternV1.ImportResponse.Builder) {
    response.setOrganizationCount(organizations)
    response.setUserCount(users)
    response.setTeamCount(teams)
    response.setResourceCount(resources)
    response.setUnchangedCount(unchanged)
  }
}
