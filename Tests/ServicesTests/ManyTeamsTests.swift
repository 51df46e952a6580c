internal import Messages
internal import Services
internal import Testing

/// Whether a user is a writer by a team, however many teams it is in and however many may write.
@Suite struct ManyTeamsTests {
  @Test(arguments: [0, 1, 15, 16, 17, 130, 200], [0, 1, 15, 16, 17, 130, 200])
  func oneTeamOfManyIsFound(memberOf: Int, writing: Int) throws {
    let desk = try Desk()
    // The user is in the first teams, the last write; in the second directory one is both.
    for (organization, overlap) in [("apart", 0), ("joined", 1)] {
      guard overlap <= min(memberOf, writing) else { continue }
      let count = memberOf + writing - overlap
      var records = [
        #"{"organization":{"id":"\#(organization)"}}"#,
        #"{"user":{"organization_id":"\#(organization)","id":"root","administrator":true}}"#,
        #"{"user":{"organization_id":"\#(organization)","id":"bob"}}"#,
      ]
      for index in 0..<count {
        let members = index < memberOf ? #","member_user_ids":["bob"]"# : ""
        records.append(
          #"{"team":{"organization_id":"\#(organization)","id":"t\#(1000 + index)"\#(members)}}"#)
      }
      let writers = (count - writing..<count).map { #"{"team_id":"t\#(1000 + $0)"}"# }
      records.append(
        #"{"resource":{"organization_id":"\#(organization)","type":"dashboard","id":"r","#
          + #""writers":[\#(writers.joined(separator: ","))]}}"#)
      try #require(desk.load(records).teams == UInt64(count))
      let explanation = try ExplanationView(
        desk.query(
          .permissionServiceExplain,
          Desk.encoded(
            PosternV1.ExplainRequest.self,
            #"{"action":"dashboard.update","resource":{"id":"r"},"user":{"organization_id":"#
              + #""\#(organization)","user_id":"bob"}}"#)))
      #expect(explanation.isAllowed == (overlap == 1))
      #expect(explanation.holds["writer"] == (overlap == 1))
      // Of either kind of team at most a hundred are named.
      let teams = min(memberOf, 100) + min(writing, 100)
      #expect(explanation.isAllowed || explanation.ways.count == teams + 2)
    }
  }
}
