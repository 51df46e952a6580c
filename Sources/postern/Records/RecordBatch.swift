package import Messages

/// The encoded records of one import message, and the lines that they came from.
package struct RecordBatch {
  package private(set) var payload: [UInt8] = []
  /// The line number of each record.
  package private(set) var lines: [Int] = []
  private var partCount = 0

  package init() {}

  // The daemon's limits on a message: records, and records with their members and writers. The
  // limit on bytes is far below the daemon's default.
  private static let maximumRecords = 1000
  private static let maximumParts = 5000
  private static let maximumBytes = 512 << 10

  /// Whether the record must go into the next message. An organization and its administrator, who
  /// follows soon, must be in the same message, so an organization is never among the last records.
  package func isFull(for record: EncodedRecord) -> Bool {
    guard !lines.isEmpty else { return false }
    let share = record.isOrganization ? 2 : 1
    return lines.count + 1 > Self.maximumRecords / share
      || partCount + record.partCount > Self.maximumParts / share
      || payload.count + record.bytes.count > Self.maximumBytes / share
  }

  package mutating func add(_ record: EncodedRecord, line: Int) {
    var header = ByteBuffer()
    header.append(varint: 1 << 3 | 2)
    header.append(varint: UInt64(record.bytes.count))
    payload += Array(copying: header.bytes)
    payload += record.bytes
    lines.append(line)
    partCount += record.partCount
  }

  /// Lets the answer wait until every host of the fleet has the records.
  package mutating func waitForFleet() {
    let arena = Arena(initialBytes: 1 << 10)
    let request = PosternV1.ImportRequest.Builder(in: arena)
    request.setWait(.fleet)
    var encoded = ByteBuffer()
    request.encode(into: &encoded)
    // Encoded messages, one behind the other, are one message.
    payload += Array(copying: encoded.bytes)
  }
}

/// One encoded record of a message.
package struct EncodedRecord {
  package let bytes: [UInt8]
  package let isOrganization: Bool
  /// The record itself, and the members and writers that it names.
  package let partCount: Int

  /// Reads a line of JSON.
  package init(_ line: Span<UInt8>) throws(JSONError) {
    var encoded = ByteBuffer()
    try PosternV1.DirectoryRecord.encode(json: line, into: &encoded)
    bytes = Array(copying: encoded.bytes)
    let arena = Arena(initialBytes: 1 << 10)
    // The daemon refuses a record that can't be decoded.
    let record = try? PosternV1.DirectoryRecord(decoding: encoded.bytes, in: arena)
    switch record?.recordValue {
    case .organization: (isOrganization, partCount) = (true, 1)
    case .team(let team): (isOrganization, partCount) = (false, 1 + team.memberUserIDsCount)
    case .resource(let resource):
      (isOrganization, partCount) = (false, 1 + resource.writersCount)
    case .user, nil: (isOrganization, partCount) = (false, 1)
    }
  }
}
