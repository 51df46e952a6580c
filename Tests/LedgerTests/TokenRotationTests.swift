internal import Identifiers
internal import Ledger
internal import Messages
internal import TestSupport
internal import Testing
internal import Tokens

/// Which secrets of a token are good as it is rotated, changed, revoked and swept.
@Suite struct TokenRotationTests {
  private static let actor = Actor(
    organizationID: [], userID: [], tokenID: nil, processUserID: 0, processGroupID: 0,
    processID: 1)

  /// The result of a lookup by a secret.
  private enum Found: Equatable {
    case current, previous, nothing
  }

  @Test func keepsOnePreviousSecretUntilItsEnd() throws {
    let folder = TemporaryFolder()
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 16 << 20, readers: 4)
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 1000), identifiers: TokenIDGenerator())
    let id = Self.issue(&draft)
    #expect(Self.find(1, id, draft, at: 1000) == .current)
    #expect(draft.token(id)?.rotatedAtNanoseconds == 0)

    Self.rotate(id, to: 2, previousEnd: 5000, &draft)
    #expect(Self.find(2, id, draft, at: 1000) == .current)
    #expect(Self.find(1, id, draft, at: 4999) == .previous)
    #expect(Self.find(1, id, draft, at: 5000) == .nothing)
    #expect(draft.token(id)?.rotatedAtNanoseconds == 1000)

    // A second rotation ends the first secret at once, whatever its grace.
    Self.rotate(id, to: 3, previousEnd: 9000, &draft)
    #expect(Self.find(1, id, draft, at: 1000) == .nothing)
    #expect(Self.find(2, id, draft, at: 8999) == .previous)
    #expect(Self.find(3, id, draft, at: 8999) == .current)

    // Other fields leave the secrets alone; a grace that ends leaves nothing of the secret.
    Self.update(id, [.name, .description, .scopes, .isDisabled], &draft)
    #expect(Self.find(2, id, draft, at: 8999) == .previous)
    Self.update(id, .previousSecretExpiry, previousEnd: 2000, &draft)
    #expect(Self.find(2, id, draft, at: 1999) == .previous)
    #expect(Self.find(2, id, draft, at: 2000) == .nothing)
    Self.update(id, .previousSecretExpiry, previousEnd: 1000, &draft)
    #expect(Self.find(2, id, draft, at: 0) == .nothing)
    #expect(draft.token(id)?.previousSecretExpiresAtNanoseconds == 0)

    Self.rotate(id, to: 4, previousEnd: 0, &draft)
    #expect(Self.find(3, id, draft, at: 0) == .nothing)
    #expect(Self.find(4, id, draft, at: 0) == .current)
    // Zeros are no previous secret.
    let zeros = SHA256.Digest()
    let isFound = draft.token(id)?.presented(by: zeros, at: LedgerTime(nanoseconds: 0)) != nil
    #expect(!isFound)
    _ = try draft.commit()
  }

  /// When it was issued and rotated stays as it was, whatever is changed later.
  @Test func keepsItsTimes() throws {
    let folder = TemporaryFolder()
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 16 << 20, readers: 4)
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 1000), identifiers: TokenIDGenerator())
    let id = Self.issue(&draft)
    let identifiers = try draft.commit()
    draft = try ledger.makeDraft(at: LedgerTime(nanoseconds: 2000), identifiers: identifiers)
    Self.rotate(id, to: 2, previousEnd: 5000, &draft)
    let later = try draft.commit()
    draft = try ledger.makeDraft(at: LedgerTime(nanoseconds: 3000), identifiers: later)
    for changes in [.previousSecretExpiry, .isDisabled, [.name, .scopes]] as [TokenChanges] {
      Self.update(id, changes, previousEnd: 4000, &draft)
      #expect(draft.token(id)?.issuedAtNanoseconds == 1000)
      #expect(draft.token(id)?.rotatedAtNanoseconds == 2000)
    }
    #expect(Self.find(1, id, draft, at: 3999) == .previous)
    #expect(Self.find(1, id, draft, at: 4000) == .nothing)
    _ = try draft.commit()
  }

  @Test func keepsTheTextsBesideARotation() throws {
    let folder = TemporaryFolder()
    let ledger = try Ledger(folder: folder.path, mapSizeBytes: 16 << 20, readers: 4)
    var draft = try ledger.makeDraft(
      at: LedgerTime(nanoseconds: 1000), identifiers: TokenIDGenerator())
    let id = Self.issue(&draft)
    Self.rotate(id, to: 2, previousEnd: 5000, &draft)
    Self.update(id, [.name, .description, .scopes], &draft)
    let acme = Array("acme".utf8)
    func texts(_ draft: borrowing Draft) -> [[UInt8]] {
      guard let token = draft.token(id) else { return [] }
      return [
        Array(copying: token.organizationID.bytes),
        Array(copying: UserID.bytes(of: token.userID)),
        Array(copying: token.name), Array(copying: token.description),
      ]
    }
    func orgTokenID(_ name: String, of acme: [UInt8], in draft: borrowing Draft) -> TokenID? {
      draft.orgTokenID(named: name.utf8Span.span, in: OrganizationID(stored: acme.span))
    }
    #expect(texts(draft) == [acme, [], Array("other".utf8), Array("changed".utf8)])
    #expect(draft.token(id)?.scopes == [.ingest, .rum])
    #expect(orgTokenID("ci", of: acme, in: draft) == nil)
    #expect(orgTokenID("other", of: acme, in: draft) == id)

    let identifier = id.bytes
    draft.append(by: Self.actor) { $0.makeTokenRevoked().setTokenID(identifier.span) }
    #expect(texts(draft) == [acme, [], Array("other".utf8), Array("changed".utf8)])
    #expect(draft.token(id)?.revokedAtNanoseconds == 1000)
    #expect(draft.token(id)?.state(at: LedgerTime(nanoseconds: 1000)) == .revoked)
    #expect(orgTokenID("other", of: acme, in: draft) == nil)

    draft.append(by: Self.actor) { $0.makeTokensSwept().setTokenIDs(identifier.span) }
    #expect(texts(draft).isEmpty)
    for table in [draft.tables.tokens, draft.tables.ownerTokens, draft.tables.tokenEnds] {
      #expect(draft.rowCount(table) == 0)
    }
    _ = try draft.commit()
  }

  private static func issue(_ draft: inout Draft) -> TokenID {
    draft.append(by: actor) { $0.makeOrganizationCreated().setOrganizationID("acme") }
    let id = draft.nextTokenID(random: (1, 2))
    let identifier = id.bytes
    let digest = digest(1)
    draft.append(by: actor) { entry in
      let issued = entry.makeTokenIssued()
      issued.setTokenID(identifier.span)
      issued.setSecretHash(digest.span)
      issued.setKind(2)
      issued.setOrganizationID("acme")
      issued.setName("ci")
      issued.setScopes(2)
      issued.setDescription("what it is for")
    }
    return id
  }

  private static func rotate(
    _ id: TokenID, to secret: UInt8, previousEnd: Int64, _ draft: inout Draft
  ) {
    let identifier = id.bytes
    let digest = digest(secret)
    draft.append(by: actor) { entry in
      let rotated = entry.makeTokenRotated()
      rotated.setTokenID(identifier.span)
      rotated.setSecretHash(digest.span)
      rotated.setPreviousSecretExpiresAtNanoseconds(previousEnd)
    }
  }

  private static func update(
    _ id: TokenID, _ changes: TokenChanges, previousEnd: Int64 = 0, _ draft: inout Draft
  ) {
    let identifier = id.bytes
    draft.append(by: actor) { entry in
      let updated = entry.makeTokenUpdated()
      updated.setTokenID(identifier.span)
      updated.setChanged(UInt32(changes.rawValue))
      updated.setName("other")
      updated.setDescription("changed")
      updated.setScopes(5)
      updated.setDisabled(true)
      updated.setPreviousSecretExpiresAtNanoseconds(previousEnd)
    }
  }

  private static func find(
    _ secret: UInt8, _ id: TokenID, _ draft: borrowing Draft, at nowNanoseconds: Int64
  ) -> Found {
    guard
      let token = draft.token(id)?.presented(
        by: digest(secret), at: LedgerTime(nanoseconds: nowNanoseconds))
    else { return .nothing }
    return token.isByPreviousSecret ? .previous : .current
  }

  private static func digest(_ secret: UInt8) -> SHA256.Digest {
    let bytes = [secret]
    return SHA256.hash(bytes.span)
  }
}
