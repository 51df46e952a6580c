internal import Glibc
internal import TestSupport
internal import Testing

/// The secrets that a test has used, and where each of them went.
///
/// Looks for them in memory by every eight bytes in a row of the secret part of a token's text, and
/// of the random bytes that it spells, in both orders: what is left of half a secret counts.
final class SecretTrail {
  private static let windowByteCount = 8
  private static let secretPart = 28..<55

  private var uses: [String] = []
  private var owners: [UInt64: Int] = [:]
  /// Whether any window begins with these three bytes.
  private var beginnings = [Bool](repeating: false, count: 1 << 24)

  /// How many secrets are looked for.
  var count: Int { uses.count }

  /// Notes a secret and what was done with it; returns it.
  @discardableResult
  func note(_ secret: String, _ use: String) -> String {
    let text = Array(secret.utf8)
    guard text.count == 61 else { return secret }
    uses.append(use)
    let part = Array(text[Self.secretPart])
    let random = Self.decoded(part)
    let words = Array(random[4..<12].reversed()) + Array(random[12..<20].reversed())
    addWindows(of: part)
    addWindows(of: random)
    addWindows(of: Array(words[0..<8]))
    addWindows(of: Array(words[8..<16]))
    return secret
  }

  /// Looks also for another spelling, such as a compressed one, of the secret that was noted last.
  func note(alsoAs bytes: [UInt8]) { addWindows(of: bytes) }

  private func addWindows(of bytes: [UInt8]) {
    for start in 0...(bytes.count - Self.windowByteCount) {
      var window: UInt64 = 0
      for index in 0..<Self.windowByteCount {
        window |= UInt64(bytes[start + index]) << UInt64(8 * index)
      }
      owners[window] = uses.count - 1
      beginnings[Int(truncatingIfNeeded: window & 0xff_ffff)] = true
    }
  }

  /// The number that the digits spell, in 20 bytes.
  private static func decoded(_ digits: [UInt8]) -> [UInt8] {
    let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    var number = [UInt8](repeating: 0, count: 20)
    for digit in digits {
      var carry = alphabet.firstIndex(of: digit) ?? 0
      for index in number.indices.reversed() {
        carry += Int(number[index]) * 62
        number[index] = UInt8(truncatingIfNeeded: carry)
        carry >>= 8
      }
    }
    return number
  }

  /// What the secrets were used for that are in these bytes, with how many of them are.
  func remains(in memory: [[UInt8]]) -> [String: Int] {
    var found: Set<Int> = []
    for region in memory { search(region, &found) }
    var counts: [String: Int] = [:]
    for secret in found { counts[uses[secret], default: 0] += 1 }
    return counts
  }

  /// Waits a second, and searches the memory of a daemon.
  func expectNothing(in daemon: Daemon, _ place: SourceLocation = #_sourceLocation) throws {
    sleep(1)
    try expectNothing(in: daemon.process, place)
  }

  /// Searches the memory of a process.
  func expectNothing(
    in process: ChildProcess, _ place: SourceLocation = #_sourceLocation
  ) throws {
    let remains = remains(in: try ProcessMemory.contents(of: process))
    #expect(remains.isEmpty, "of \(count) secrets: \(remains)", sourceLocation: place)
  }

  private func search(_ region: [UInt8], _ found: inout Set<Int>) {
    // SAFETY: only whole windows inside the region are read, and its bytes stay where they are.
    unsafe region.withUnsafeBytes { bytes in
      unsafe beginnings.withUnsafeBufferPointer { beginnings in
        var offset = 0
        let end = bytes.count - Self.windowByteCount
        while offset <= end {
          let window = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          if window == 0 {
            // The last zero may be followed by what is looked for.
            offset += 8
            continue
          }
          if unsafe beginnings[Int(truncatingIfNeeded: window & 0xff_ffff)],
            let secret = owners[window]
          {
            found.insert(secret)
          }
          offset += 1
        }
      }
    }
  }
}
