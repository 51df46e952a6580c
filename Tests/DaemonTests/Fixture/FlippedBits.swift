internal import Foundation
internal import Platform
internal import TestSupport
internal import Tokens

/// Bits of a ledger's file, flipped while processes have it open.
enum FlippedBits {
  /// Changes the byte at `offset` of each row that begins so, as `mask` says; how many rows there
  /// were, those of pages that are free included.
  ///
  /// A row lies in the file as the length of its key, its key, and its value.
  static func flip(
    _ path: String, key: [UInt8], value: [UInt8] = [], at offset: Int, _ mask: UInt8 = 1
  ) throws -> Int {
    try flip(path, bytes: [UInt8(key.count), 0] + key + value, at: 2 + offset, mask)
  }

  /// Changes the byte at `offset` of these bytes, wherever they are in the file; how often they
  /// were.
  static func flip(
    _ path: String, bytes: [UInt8], at offset: Int, _ mask: UInt8 = 1
  ) throws -> Int {
    let row = Data(bytes)
    let content = try Data(contentsOf: URL(fileURLWithPath: path))
    guard let file = FileHandle(forUpdatingAtPath: path) else {
      throw FixtureError("\(path) can't be written")
    }
    defer { try? file.close() }
    var count = 0
    var start = content.startIndex
    while let found = content.range(of: row, in: start..<content.endIndex) {
      let place = found.lowerBound + offset
      try file.seek(toOffset: UInt64(place))
      try file.write(contentsOf: Data([content[place] ^ mask]))
      start = found.upperBound
      count += 1
    }
    return count
  }

  /// Turns the revoked flag of a user's token around.
  static func flipRevoked(_ secret: String, _ path: String, isSet: Bool) throws -> Int {
    let (id, flags) = (try id(secret), UInt8(isSet ? 1 : 0))
    return try flip(path, key: id, value: [TokenKind.user.rawValue, flags], at: id.count + 1)
  }

  /// Turns the flag around by which a user of `acme` is an administrator.
  static func flipAdministrator(_ user: String, _ path: String) throws -> Int {
    let key = Array("acme\0\(user)".utf8)
    return try flip(path, key: key, at: key.count)
  }

  /// The same, with the checksum that the row then has to have: only the log contradicts it.
  static func contradictAdministrator(_ user: String, _ path: String) throws {
    let key = Array("acme\0\(user)".utf8)
    let content = try Data(contentsOf: URL(filePath: path))
    guard let found = content.range(of: Data([UInt8(key.count), 0] + key)) else {
      throw FixtureError("there is no row of \(user)")
    }
    let length = Int(content[found.lowerBound - 6]) + Int(content[found.lowerBound - 5]) << 8
    var value = Array(content[found.upperBound..<found.upperBound + length - 4])
    value[0] ^= 1
    let checksum = CRC32C.checksum(value.span, after: CRC32C.checksum(key.span))
    for shift in stride(from: UInt32(0), through: 24, by: 8) {
      value.append(UInt8(truncatingIfNeeded: checksum >> shift))
    }
    let old = content[found.lowerBound..<found.upperBound + length]
    guard let opened = FileHandle(forUpdatingAtPath: path) else {
      throw FixtureError("\(path) can't be written")
    }
    defer { try? opened.close() }
    var start = content.startIndex
    while let place = content.range(of: old, in: start..<content.endIndex) {
      try opened.seek(toOffset: UInt64(place.upperBound - length))
      try opened.write(contentsOf: Data(value))
      start = place.upperBound
    }
  }

  /// The id in a token, as it lies in the ledger.
  static func id(_ secret: String) throws -> [UInt8] {
    let text = Array(secret.utf8.dropFirst(6).prefix(22))
    guard let id = TokenID(parsing: text.span) else { throw FixtureError("no token id") }
    return [id.high, id.low].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }
  }
}
