internal import Messages
internal import Services
internal import Testing

extension Desk {
  /// Imports messages of records in JSON.
  func load(_ messages: [String]...) throws -> ImportSummary {
    try load(messages.map { try $0.map(Self.record) })
  }

  /// Imports messages of encoded records.
  @discardableResult
  func load(_ messages: [[[UInt8]]]) throws -> ImportSummary {
    let answers = try run(
      .directoryServiceImport, try open(.directoryServiceImport),
      sending: messages.map(Self.message))
    let arena = Arena(initialBytes: 4096)
    let answer = try #require(answers.first)
    let response = try PosternV1.ImportResponse(decoding: answer.span, in: arena)
    return ImportSummary(
      organizations: response.organizationCount, users: response.userCount,
      teams: response.teamCount, resources: response.resourceCount,
      unchanged: response.unchangedCount, revision: response.revision)
  }

  /// Exports: the encoded records of each message.
  func dump(_ organization: String = "") throws -> [[[UInt8]]] {
    var request = ByteBuffer()
    Self.exportRequest(organization, into: &request)
    let call = try open(.directoryServiceExport, Array(copying: request.bytes))
    return try run(.directoryServiceExport, call).map(Self.records)
  }

  /// Exports: a record a line.
  func text(_ organization: String = "") throws -> [String] {
    try dump(organization).flatMap { $0 }.map(Self.json)
  }

  static func record(_ json: String) throws -> [UInt8] {
    var encoded = ByteBuffer()
    try PosternV1.DirectoryRecord.encode(json: json.utf8Span.span, into: &encoded)
    return Array(copying: encoded.bytes)
  }

  static func json(_ record: [UInt8]) throws -> String {
    let arena = Arena(initialBytes: 4096)
    return try PosternV1.DirectoryRecord(decoding: record.span, in: arena).jsonText
  }

  /// An encoded `ImportRequest`.
  static func message(_ records: [[UInt8]]) -> [UInt8] {
    var message = ByteBuffer()
    for record in records {
      message.append(varint: 1 << 3 | 2)
      message.append(varint: UInt64(record.count))
      message.append(record.span)
    }
    return Array(copying: message.bytes)
  }

  private static func exportRequest(_ organization: String, into buffer: inout ByteBuffer) {
    let arena = Arena(initialBytes: 4096)
    let request = PosternV1.ExportRequest.Builder(in: arena)
    request.setOrganizationID(organization)
    request.encode(into: &buffer)
  }

  private static func records(_ answer: [UInt8]) throws -> [[UInt8]] {
    let arena = Arena(initialBytes: 4096)
    let response = try PosternV1.ExportResponse(decoding: answer.span, in: arena)
    return (0..<response.recordsCount).map { index in
      var encoded = ByteBuffer()
      response.records(at: index).encode(into: &encoded)
      return Array(copying: encoded.bytes)
    }
  }
}

struct ImportSummary: Equatable {
  var organizations: UInt64 = 0
  var users: UInt64 = 0
  var teams: UInt64 = 0
  var resources: UInt64 = 0
  var unchanged: UInt64 = 0
  var revision: UInt64 = 0
}
