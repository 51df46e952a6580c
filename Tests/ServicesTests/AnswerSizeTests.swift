internal import Messages
internal import RPC
internal import Services
internal import Testing

/// Every answer fits into a frame of ttrpc, and pages are far smaller.
@Suite struct AnswerSizeTests {
  private static let frameBytes = 4 << 20
  private static let roles = (0..<32).map { String(repeating: "r", count: 62) + letters($0) }

  private static func letters(_ number: Int) -> String {
    String(decoding: [0x61 + UInt8(number / 26), 0x61 + UInt8(number % 26)], as: UTF8.self)
  }

  /// A policy with rules as long as they may be.
  private static var policy: String {
    let alternatives = (0..<32).map { first in
      let names = (0..<16).map { "\"role:\(roles[($0 + first) % 32])\"" }
      return "{ all: [\(names.joined(separator: ","))] }"
    }
    let named = roles.map { "\"\($0)\"" }.joined(separator: ",")
    return """
      { roles: [\(named)], resource_types: { thing: {} },
        actions: { "thing.do": { any: [\(alternatives.joined(separator: ","))] } } }
      """
  }

  private static let organization = String(repeating: "o", count: 128)
  private static let userCount = 1000

  private static func user(_ number: Int) -> String {
    let digits = String(10_000 + number)
    return String(repeating: "u", count: 128 - digits.utf8.count) + digits
  }

  /// A thousand users whose every field is as long as it may be.
  private static func desk() throws -> Desk {
    let desk = try Desk()
    try desk.adopt(policy: policy)
    let named = roles.map { "\"\($0)\"" }.joined(separator: ",")
    let name = String(repeating: "n", count: 256)
    var records = [
      #"{"organization":{"id":"\#(organization)"}}"#,
      #"{"user":{"organization_id":"\#(organization)","id":"root","administrator":true}}"#,
    ]
    for number in 0..<userCount {
      records.append(
        #"{"user":{"organization_id":"\#(organization)","id":"\#(user(number))","#
          + #""display_name":"\#(name)","roles":[\#(named)]}}"#)
      if records.count == 500 || number == userCount - 1 {
        _ = try desk.load(records)
        records = []
      }
    }
    return desk
  }

  @Test func pagesAndInvitations() throws {
    let desk = try Self.desk()
    var (count, pages, token) = (0, 0, "")
    repeat {
      let request =
        #"{"organization_id":"\#(Self.organization)","page_size":1000,"#
        + #""page_token":"\#(token)"}"#
      let answer = try desk.query(
        .directoryServiceListUsers, Desk.encoded(PosternV1.ListUsersRequest.self, request))
      #expect(answer.count < (1 << 20) + (8 << 10))
      let page = try Self.page(answer)
      (count, pages, token) = (count + page.count, pages + 1, page.next)
      #expect(page.count > 300 || token.isEmpty)
    } while !token.isEmpty && pages < 20
    #expect(count == Self.userCount + 1)
    #expect(pages == 3)

    let name = String(repeating: "n", count: 256)
    let users = (0..<Self.userCount).map {
      #"{"user_id":"\#(Self.user($0))","display_name":"\#(name)"}"#
    }
    let request =
      #"{"organization_id":"\#(Self.organization)","users":[\#(users.joined(separator: ","))]}"#
    let answer = try desk.command(
      .directoryServiceInviteUsers, Desk.encoded(PosternV1.InviteUsersRequest.self, request))
    #expect(answer.count > 2 << 20)
    #expect(answer.count < Self.frameBytes)
  }

  @Test func decisionsOnLongRules() throws {
    let desk = try Self.desk()
    let subject =
      #""user":{"organization_id":"\#(Self.organization)","user_id":"\#(Self.user(0))"}"#
    let outsider = #""user":{"organization_id":"\#(Self.organization)","user_id":"root"}"#
    let items = [String](repeating: #"{"action":"thing.do"}"#, count: 1000)
      .joined(separator: ",")
    for user in [subject, outsider] {
      let answer = try desk.query(
        .permissionServiceBatchCheck,
        Desk.encoded(PosternV1.BatchCheckRequest.self, #"{"items":[\#(items)],\#(user)}"#))
      #expect(answer.count > 100_000)
      #expect(answer.count < Self.frameBytes)
      let explanation = try desk.query(
        .permissionServiceExplain,
        Desk.encoded(PosternV1.ExplainRequest.self, #"{"action":"thing.do",\#(user)}"#))
      #expect(explanation.count < Self.frameBytes)
    }
  }

  private static func page(_ answer: [UInt8]) throws -> (count: Int, next: String) {
    let arena = Arena(initialBytes: 4096)
    let response = try PosternV1.ListUsersResponse(decoding: answer.span, in: arena)
    let next = String(decoding: Array(copying: response.nextPageToken), as: UTF8.self)
    return (response.usersCount, next)
  }
}
