// Entries of the log as events of ListEvents and Watch. An event contains only facts of its entry,
// because the tables may have changed since then.

internal import Ledger
package import Messages
internal import Tokens

extension PosternServices {
  /// Writes the event of an entry, which `filter` selects and whose bytes are `encoded`. Of a
  /// summary of denied attempts, the event contains only the attempts that the filter selects. So
  /// for a caller that may read one organization, the filter must select that organization.
  package func writeEvent(
    of entry: PosternStorageV1.Entry, encoded: Span<UInt8>, for filter: EventFilter,
    into event: PosternV1.Event.Builder
  ) {
    writeAttribution(of: entry, into: event.makeAttribution())
    let digest = SHA256.hash(encoded)
    event.setHash(digest.span)
    let subject = EventSubject(entry)
    guard let change = entry.changeValue else {
      event.setMessage("something changed that this version does not know")
      return
    }
    event.setKind(subject.kind)
    event.setOrganizationID(subject.organizationID)
    event.setUserID(subject.userID)
    event.setTeamID(subject.teamID)
    event.setResourceType(subject.resourceType)
    event.setResourceID(subject.resourceID)
    writeTokenIDs(subject.tokenIDs, into: event)
    writeChange(change, for: filter, into: event)
  }

  /// Writes the ids of one token or several.
  private func writeTokenIDs(_ ids: Span<UInt8>, into event: PosternV1.Event.Builder) {
    if let id = TokenID(bytes: ids) { return event.setTokenID(id.description) }
    for start in stride(from: 0, through: ids.count - TokenID.byteCount, by: TokenID.byteCount) {
      let bytes = ids.extracting(start..<(start + TokenID.byteCount))
      if let id = TokenID(bytes: bytes) { event.addTokenIDs(id.description) }
    }
  }

  /// Writes the actor of an entry, and its time.
  func writeAttribution(
    of entry: PosternStorageV1.Entry, into attribution: PosternV1.Attribution.Builder
  ) {
    attribution.setRevision(entry.revision)
    attribution.makeTime().set(nanoseconds: entry.timeNanoseconds)
    guard let actor = entry.actor else { return }
    attribution.setUserID(actor.userID)
    attribution.setOrganizationID(actor.organizationID)
    if let id = TokenID(bytes: actor.tokenID) { attribution.setTokenID(id.description) }
    attribution.setUid(actor.uid)
    attribution.setGid(actor.gid)
    attribution.setPid(actor.pid)
    attribution.setExecutable(actor.executable)
    attribution.setHost(actor.host)
  }

  /// Writes the sentence about the change, and each field with its values before and after it.
  private func writeChange(
    _ change: PosternStorageV1.Entry.Change, for filter: EventFilter,
    into event: PosternV1.Event.Builder
  ) {
    switch change {
    case .organizationCreated(let change):
      event.setMessage("organization \(quoted(change.organizationID)) was created")
      event.add("display_name", after: change.displayName)
    case .userInvited(let change): writeInvitedUser(change, into: event)
    case .administratorSet(let change):
      event.setMessage(
        "user \(quoted(change.userID)) became "
          + (change.administrator ? "an administrator" : "a plain member"))
      event.add("administrator", before: !change.administrator, after: change.administrator)
    case .userDeleted(let change):
      event.setMessage("user \(quoted(change.userID)) was deleted, and its tokens revoked")
      event.add("display_name", before: change.displayName)
      if change.administrator { event.add("administrator", before: true) }
    case .teamCreated(let change):
      event.setMessage("team \(quoted(change.teamID)) was created")
      event.add("display_name", after: change.displayName)
    case .teamDeleted(let change):
      event.setMessage("team \(quoted(change.teamID)) was deleted")
      event.add("display_name", before: change.displayName)
    case .teamMemberAdded(let change):
      event.setMessage("user \(quoted(change.userID)) joined team \(quoted(change.teamID))")
      event.add("member_user_ids", after: change.userID)
    case .teamMemberRemoved(let change):
      event.setMessage("user \(quoted(change.userID)) left team \(quoted(change.teamID))")
      event.add("member_user_ids", before: change.userID)
    case .resourcePut(let change): writePutResource(change, into: event)
    case .resourceDeleted(let change):
      event.setMessage("\(resource(change.resourceType, change.resourceID)) was deleted")
      event.add("display_name", before: change.displayName)
    case .writerSet(let change):
      let writer = principal(user: change.userID, team: change.teamID)
      event.setMessage(
        "\(writer) became a writer of \(resource(change.resourceType, change.resourceID))")
      event.add("writers", after: writer)
    case .writerRemoved(let change): writeRemovedWriter(change, into: event)
    case .tokenIssued(let change): writeIssuedToken(change, into: event)
    case .tokenRevoked(let change): writeRevokedToken(change, into: event)
    case .tokenUpdated(let change): writeUpdatedToken(change, into: event)
    case .tokenRotated(let change): writeRotatedToken(change, into: event)
    case .organizationUpdated(let change):
      event.setMessage("organization \(quoted(change.organizationID)) was renamed")
      event.add("display_name", before: change.oldDisplayName, after: change.displayName)
    case .organizationDeleted(let change):
      event.setMessage(
        "organization \(quoted(change.organizationID)) was deleted, and its tokens revoked")
    case .userRolesSet(let change): writeGivenRoles(change, into: event)
    case .policyReloaded(let change): writeReloadedPolicy(change, into: event)
    case .clockAccepted(let change):
      event.setMessage("the wall clock was accepted as the ledger's time")
      event.add("time", before: timeText(change.previousNanoseconds))
    case .formatRaised(let change):
      event.setMessage("the format of the log was raised to \(change.format)")
      event.add("format", before: "\(change.oldFormat)", after: "\(change.format)")
    case .revisionsLost(let change): writeLostRevisions(change, into: event)
    case .userUpdated(let change):
      event.setMessage("user \(quoted(change.userID)) was renamed")
      event.add("display_name", before: change.oldDisplayName, after: change.displayName)
    case .teamUpdated(let change):
      event.setMessage("team \(quoted(change.teamID)) was renamed")
      event.add("display_name", before: change.oldDisplayName, after: change.displayName)
    case .tokensSwept(let change): writeSweptTokens(change, into: event)
    case .tokensRevoked(let change): writeRevokedTokens(change, into: event)
    case .denialsRecorded(let change): writeDenials(change, for: filter, into: event)
    }
  }

  private func writeInvitedUser(
    _ change: PosternStorageV1.UserInvited, into event: PosternV1.Event.Builder
  ) {
    let role = change.administrator ? " as an administrator" : ""
    event.setMessage("user \(quoted(change.userID)) was invited\(role)")
    event.add("display_name", after: change.displayName)
    event.add("administrator", after: change.administrator)
  }

  private func writeGivenRoles(
    _ change: PosternStorageV1.UserRolesSet, into event: PosternV1.Event.Builder
  ) {
    var roles: [String] = []
    for index in 0..<change.rolesCount { roles.append(String(copying: change.roles(at: index))) }
    event.setMessage("user \(quoted(change.userID)) was given other roles")
    event.add("roles", after: roles.joined(separator: ", "))
  }

  private func writeRemovedWriter(
    _ change: PosternStorageV1.WriterRemoved, into event: PosternV1.Event.Builder
  ) {
    let writer = principal(user: change.userID, team: change.teamID)
    event.setMessage(
      "\(writer) stopped being a writer of \(resource(change.resourceType, change.resourceID))")
    event.add("writers", before: writer)
  }

  private func writeReloadedPolicy(
    _ change: PosternStorageV1.PolicyReloaded, into event: PosternV1.Event.Builder
  ) {
    event.setMessage(
      change.text.isEmpty
        ? "the built-in policy came into force"
        : change.builtIn.isEmpty
          ? "another policy file came into force"
          : "another policy file, or built-in policy below it, came into force")
  }

  private func writeLostRevisions(
    _ change: PosternStorageV1.RevisionsLost, into event: PosternV1.Event.Builder
  ) {
    let count = change.lostRevisionCount
    let lost = count == 0 ? "perhaps acknowledged revisions" : "\(count) acknowledged revisions"
    event.setMessage(
      "an older copy of the ledger came into use, which lacks \(lost); its tokens were "
        + (change.tokensKept ? "kept" : "all revoked"))
  }

  private func writePutResource(
    _ change: PosternStorageV1.ResourcePut, into event: PosternV1.Event.Builder
  ) {
    let old = change.oldDisplayName
    let isRenamed = !old.isEmpty && !old.isEqual(to: change.displayName)
    let verb = change.created ? "created" : isRenamed ? "renamed" : "put"
    event.setMessage("\(resource(change.resourceType, change.resourceID)) was \(verb)")
    event.add("display_name", before: change.oldDisplayName, after: change.displayName)
  }

  /// An id, quoted for a sentence.
  func quoted(_ id: Span<UInt8>) -> String { "`\(String(copying: id))`" }

  private func resource(_ type: Span<UInt8>, _ id: Span<UInt8>) -> String {
    "\(String(copying: type)) \(quoted(id))"
  }

  private func principal(user: Span<UInt8>?, team: Span<UInt8>?) -> String {
    if let user { return "user \(quoted(user))" }
    if let team { return "team \(quoted(team))" }
    return ""
  }
}
