/// The tables of the ledger. All but the log and usage are derived from it, by `Fold` alone.
///
/// A class, since a copy of all of them takes a kilobyte: each look at a row would make one.
package final class Tables: Sendable {
  /// `revision` (big-endian) → the encoded `postern.storage.v1.Entry`.
  package let log: Table
  /// `head` → the last entry's revision, time and hash, and the policy's revision.
  package let meta: Table
  /// `organization` → `OrganizationRecord`.
  package let organizations: Table
  /// `organization, user` → `UserRecord`.
  package let users: Table
  /// `organization, team` → `TeamRecord`.
  package let teams: Table
  /// `organization, team, user` → nothing.
  package let teamMembers: Table
  /// `organization, user, team` → nothing: the same, the other way around.
  package let userTeams: Table
  /// `organization, type, resource` → `ResourceRecord`.
  package let resources: Table
  /// `organization, type, resource, principal` → nothing. A principal is `u` or `t` and an id.
  package let writers: Table
  /// `organization, principal, type, resource` → nothing: the same, the other way around.
  package let principalResources: Table
  /// A token id → `TokenRecord`.
  package let tokens: Table
  /// `organization, user` and a token id → when the token ends, little-endian; the user is empty
  /// for an org token.
  package let ownerTokens: Table
  /// `organization, name` → the token id of the org token of that name.
  package let orgTokenNames: Table
  /// When a token expires or was revoked (nanoseconds since 1970, big-endian), its id → empty.
  package let tokenEnds: Table
  /// `organization` and what is counted in it (`Key`) → how many, little-endian.
  package let counts: Table
  /// A token id, the day and the local user (both big-endian, four bytes), the method's name →
  /// `UsageRow`. Like the next one beside the log: a replay doesn't make it.
  package let usage: Table
  /// A token id → `TokenUsage`.
  package let tokenUsage: Table
  /// A name → a part of the `LedgerIdentity`. Beside the log too.
  package let keys: Table

  /// The number of the format of the derived tables. A ledger with another number gets them made
  /// anew from its log when it is opened.
  static let version: UInt8 = 2

  static let names = [
    "log", "meta", "organizations", "users", "teams", "team_members", "user_teams", "resources",
    "writers", "principal_resources", "tokens", "owner_tokens", "org_token_names",
    "token_ends", "counts", "usage", "token_usage", "keys",
  ]

  /// The tables whose rows have a checksum: all that the fold writes.
  static let checkedNames = Set(names[firstDerived..<15])
  /// The place of the first of `derived` among the names.
  static let firstDerived = 2

  /// Wraps tables that were opened in the order of `names`.
  init(_ tables: [Table]) {
    precondition(tables.count == Self.names.count, "as many tables as names")
    log = tables[0]
    meta = tables[1]
    organizations = tables[2]
    users = tables[3]
    teams = tables[4]
    teamMembers = tables[5]
    userTeams = tables[6]
    resources = tables[7]
    writers = tables[8]
    principalResources = tables[9]
    tokens = tables[10]
    ownerTokens = tables[11]
    orgTokenNames = tables[12]
    tokenEnds = tables[13]
    counts = tables[14]
    usage = tables[15]
    tokenUsage = tables[16]
    keys = tables[17]
  }

  /// Every table that the fold writes.
  var derived: [Table] {
    [
      organizations, users, teams, teamMembers, userTeams, resources, writers, principalResources,
      tokens, ownerTokens, orgTokenNames, tokenEnds, counts,
    ]
  }

  /// Every table that follows from the log, with its name, to compare or count them.
  package var all: [(name: String, table: Table)] {
    let tables = [log, meta] + derived
    return Array(zip(Self.names, tables))
  }
}
