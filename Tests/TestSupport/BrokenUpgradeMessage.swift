/// Bytes that are no message of an upgrade, for decoders and for the control socket of a daemon.
package enum BrokenUpgradeMessage {
  package static let all: [[UInt8]] = [
    [0], Array("GET / HTTP/1.1\r\n".utf8), Array("pst_u_".utf8),
    // A version, a kind and a length that are none.
    header(version: 2, kind: 1, 0), header(version: 1, kind: 9, 0),
    header(version: 1, kind: 2, 0x2_0001), header(version: 1, kind: 2, .max),
    // A count of no listeners; and a reason that is not UTF-8.
    header(version: 1, kind: 2, 10) + [UInt8](repeating: 0, count: 10),
    header(version: 1, kind: 5, 3) + [0, 1, 0xff],
  ]

  private static func header(version: UInt8, kind: UInt8, _ bodyBytes: UInt32) -> [UInt8] {
    var bytes = Array("pstn".utf8)
    bytes += [0, version, 0, kind]
    for shift: UInt32 in [24, 16, 8, 0] { bytes.append(UInt8(bodyBytes >> shift & 0xff)) }
    return bytes
  }
}
