package import Messages

// What the daemon has to know of each kind of change, in one table. The fold says what a change
// does to the tables, and the events how it reads for people.
extension PosternStorageV1.Entry.Change {
  /// What is true of a kind of change.
  package struct Traits {
    /// How the audit and the watch call it.
    package let kind: PosternV1.EventKind
    /// Whether it only takes rights away, and can't be repeated without end: a full ledger still
    /// accepts it, from its reserve. False where it depends on what was before, which a draft then
    /// compares.
    package let onlyTakesAway: Bool
    /// The format that must be in force for it: the one with which the kind came, or the newest
    /// field or number in it.
    package let format = EntryFormat.first

    fileprivate static func gives(_ kind: PosternV1.EventKind) -> Traits {
      Traits(kind: kind, onlyTakesAway: false)
    }

    fileprivate static func takes(_ kind: PosternV1.EventKind) -> Traits {
      Traits(kind: kind, onlyTakesAway: true)
    }
  }

  /// The table. A change of a new kind has to say what it is.
  package var traits: Traits {
    switch self {
    case .organizationCreated: .gives(.organizationCreated)
    case .organizationUpdated: .gives(.organizationUpdated)
    case .organizationDeleted: .takes(.organizationDeleted)
    case .userInvited: .gives(.userInvited)
    case .userUpdated: .gives(.userUpdated)
    case .administratorSet(let change):
      change.administrator ? .gives(.administratorGranted) : .takes(.administratorWithdrawn)
    case .userRolesSet: .gives(.userRolesSet)
    case .userDeleted: .takes(.userDeleted)
    case .teamCreated: .gives(.teamCreated)
    case .teamUpdated: .gives(.teamUpdated)
    case .teamDeleted: .takes(.teamDeleted)
    case .teamMemberAdded: .gives(.teamMemberAdded)
    case .teamMemberRemoved: .takes(.teamMemberRemoved)
    case .resourcePut: .gives(.resourcePut)
    case .resourceDeleted: .takes(.resourceDeleted)
    case .writerSet: .gives(.writerSet)
    case .writerRemoved: .takes(.writerRemoved)
    case .tokenIssued: .gives(.tokenIssued)
    case .tokenRevoked: .takes(.tokenRevoked)
    case .tokensRevoked: .takes(.tokensRevoked)
    case .tokenUpdated: .gives(.tokenUpdated)
    case .tokenRotated: .gives(.tokenRotated)
    case .tokensSwept: .takes(.tokensSwept)
    case .denialsRecorded: .gives(.denied)
    case .policyReloaded: .gives(.policyReloaded)
    case .clockAccepted: .takes(.clockAccepted)
    case .revisionsLost: .takes(.revisionsLost)
    case .formatRaised: .gives(.formatRaised)
    }
  }
}
