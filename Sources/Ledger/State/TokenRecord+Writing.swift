internal import Identifiers
internal import Messages
internal import Tokens

extension TokenRecord {
  /// Writes the row of a token that has just been issued.
  static func writeIssued(
    _ issued: PosternStorageV1.TokenIssued, revision: UInt64, timeNanoseconds: Int64,
    into buffer: inout ByteBuffer
  ) {
    buffer.append(UInt8(truncatingIfNeeded: issued.kind))
    buffer.append(0)
    buffer.append(UInt8(truncatingIfNeeded: issued.scopes))
    buffer.append(0)
    precondition(issued.secretHash.count == 32, "a secret's hash has 32 bytes")
    buffer.append(issued.secretHash)
    buffer.append(littleEndian: UInt64(bitPattern: timeNanoseconds))
    buffer.append(littleEndian: UInt64(bitPattern: issued.expiresAtNanoseconds))
    buffer.append(littleEndian: 0)
    buffer.append(littleEndian: revision)
    writeTexts(
      organization: issued.organizationID, user: issued.userID, name: issued.name,
      description: issued.description, rotationByteCount: 0, into: &buffer)
  }

  /// Writes the row as it is once the token is revoked.
  func writeRevoked(atNanoseconds revokedAtNanoseconds: Int64, into buffer: inout ByteBuffer) {
    buffer.append(row.extracting(0..<Self.flagsOffset))
    buffer.append(row[Self.flagsOffset] | Self.isRevoked)
    buffer.append(row.extracting((Self.flagsOffset + 1)..<Self.revokedAtOffset))
    buffer.append(littleEndian: UInt64(bitPattern: revokedAtNanoseconds))
    buffer.append(row.extracting((Self.revokedAtOffset + 8)..<row.count))
  }

  /// Writes the row as it is after a change of its fields.
  func writeUpdated(
    _ update: PosternStorageV1.TokenUpdated, timeNanoseconds: Int64, into buffer: inout ByteBuffer
  ) {
    let changes = TokenChanges(rawValue: UInt8(truncatingIfNeeded: update.changed))
    var flags = row[Self.flagsOffset]
    if changes.contains(.isDisabled) {
      flags = update.disabled ? flags | Self.isDisabled : flags & ~Self.isDisabled
    }
    let expiry =
      changes.contains(.expiry) ? update.expiresAtNanoseconds : expiresAtNanoseconds
    buffer.append(row[0])
    buffer.append(flags)
    buffer.append(
      changes.contains(.scopes) ? UInt8(truncatingIfNeeded: update.scopes) : scopes.rawValue)
    buffer.append(row.extracting(3..<44))
    buffer.append(littleEndian: UInt64(bitPattern: expiry))
    buffer.append(row.extracting(Self.revokedAtOffset..<68))
    Self.writeTexts(
      organization: organizationID.bytes, user: UserID.bytes(of: userID),
      name: changes.contains(.name) ? update.name : name,
      description: changes.contains(.description) ? update.description : description,
      rotationByteCount: row[71], into: &buffer)
    let rotation = row.extracting((row.count - Int(row[71]))..<row.count)
    guard changes.contains(.previousSecretExpiry), !rotation.isEmpty else {
      return buffer.append(rotation)
    }
    let end = update.previousSecretExpiresAtNanoseconds
    writeRotation(
      previousHash: rotation.extracting(first: 32),
      previousExpiresAtNanoseconds: end > timeNanoseconds ? end : 0,
      rotatedAtNanoseconds: rotatedAtNanoseconds, into: &buffer)
  }

  /// Writes the row as it is once the token has a new secret.
  func writeRotated(
    _ rotation: PosternStorageV1.TokenRotated, timeNanoseconds: Int64, into buffer: inout ByteBuffer
  ) {
    precondition(rotation.secretHash.count == 32, "a secret's hash has 32 bytes")
    buffer.append(row.extracting(0..<4))
    buffer.append(rotation.secretHash)
    buffer.append(row.extracting(36..<71))
    buffer.append(UInt8(Self.rotationByteCount))
    buffer.append(row.extracting(72..<(row.count - Int(row[71]))))
    writeRotation(
      previousHash: secretHash,
      previousExpiresAtNanoseconds: rotation.previousSecretExpiresAtNanoseconds,
      rotatedAtNanoseconds: timeNanoseconds, into: &buffer)
  }

  /// Writes what follows the texts. Of a secret that is good no more nothing is kept.
  private func writeRotation(
    previousHash: Span<UInt8>, previousExpiresAtNanoseconds: Int64, rotatedAtNanoseconds: Int64,
    into buffer: inout ByteBuffer
  ) {
    if previousExpiresAtNanoseconds == 0 {
      for _ in 0..<4 { buffer.append(littleEndian: 0) }
    } else {
      buffer.append(previousHash)
    }
    buffer.append(littleEndian: UInt64(bitPattern: previousExpiresAtNanoseconds))
    buffer.append(littleEndian: UInt64(bitPattern: rotatedAtNanoseconds))
  }

  private static func writeTexts(
    organization: Span<UInt8>, user: Span<UInt8>, name: Span<UInt8>, description: Span<UInt8>,
    rotationByteCount: UInt8, into buffer: inout ByteBuffer
  ) {
    buffer.append(UInt8(organization.count))
    buffer.append(UInt8(user.count))
    buffer.append(UInt8(name.count))
    buffer.append(rotationByteCount)
    buffer.append(UInt8(truncatingIfNeeded: description.count))
    buffer.append(UInt8(truncatingIfNeeded: description.count >> 8))
    buffer.append(organization)
    buffer.append(user)
    buffer.append(name)
    buffer.append(description)
  }
}
