internal import Ledger
internal import Messages
internal import RPC

/// Counts the members and writers that the records of a message add, each once, so that a message
/// is refused before anything of it is applied.
struct ImportRoom {
  private let room: DirectoryRoom
  /// What the message adds, as keys of rows.
  private var added: Set<[UInt8]> = []
  /// How many rows of the message belong to an owner: a team, a user or a resource.
  private var counts: [[UInt8]: Int] = [:]

  init(_ room: DirectoryRoom) { self.room = room }

  /// Notes that a record names a user as a member of a team.
  mutating func addMember(
    _ organization: Span<UInt8>, _ team: Span<UInt8>, _ user: Span<UInt8>,
    _ draft: borrowing Draft
  ) throws(Status) {
    guard !draft.isTeamMember(organization, team, user),
      added.insert(Self.key("m", organization, team, user)).inserted
    else { return }
    let (ofTeam, ofUser) = (Self.key("t", organization, team), Self.key("u", organization, user))
    try room.requireMember(
      organization, team, user, more: counts[ofTeam] ?? 0, moreTeams: counts[ofUser] ?? 0, draft)
    counts[ofTeam, default: 0] += 1
    counts[ofUser, default: 0] += 1
  }

  /// Notes that a record names a writer of a resource.
  mutating func addWriter(
    _ organization: Span<UInt8>, _ type: Span<UInt8>, _ resource: Span<UInt8>,
    _ principal: Principal, _ draft: borrowing Draft
  ) throws(Status) {
    let owner = Self.key("r", organization, type, resource)
    let row =
      switch principal {
      case .user(let id): Self.key("w", owner.span, id)
      case .team(let id): Self.key("g", owner.span, id)
      }
    guard !draft.isWriter(organization, type, resource, principal), added.insert(row).inserted
    else { return }
    try room.requireWriter(organization, type, resource, more: counts[owner] ?? 0, draft)
    counts[owner, default: 0] += 1
  }

  /// The key of a kind of row or owner, of parts with a NUL behind each.
  private static func key(
    _ kind: Unicode.Scalar, _ first: Span<UInt8>, _ second: Span<UInt8>,
    _ third: Span<UInt8> = Span()
  ) -> [UInt8] {
    var key = [UInt8(ascii: kind)]
    for part in [Array(copying: first), Array(copying: second), Array(copying: third)] {
      key += part
      key.append(0)
    }
    return key
  }
}
