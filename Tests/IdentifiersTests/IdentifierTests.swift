internal import Identifiers
internal import Testing

/// The kinds of identifier, with the grammar of the contract written down once more, by hand.
enum Kind: String, CaseIterable, Sendable {
  case organization, user, team, resource, resourceType

  var maximum: Int { self == .resourceType ? 64 : 128 }

  func allows(first character: Character) -> Bool {
    let letters = "abcdefghijklmnopqrstuvwxyz"
    return self == .resourceType
      ? letters.contains(character)
      : (letters + letters.uppercased() + "0123456789").contains(character)
  }

  func allows(later character: Character) -> Bool {
    switch self {
    case .resourceType: "abcdefghijklmnopqrstuvwxyz0123456789_".contains(character)
    case .user: allows(first: character) || "._-@+".contains(character)
    default: allows(first: character) || "._-".contains(character)
    }
  }

  /// The problem, nil for none. `#expect` takes no spans.
  func problem(_ bytes: [UInt8]) -> FieldProblem? {
    do throws(InvalidField) {
      switch self {
      case .organization: _ = try OrganizationID(bytes.span, field: "field")
      case .user: _ = try UserID(bytes.span, field: "field")
      case .team: _ = try TeamID(bytes.span, field: "field")
      case .resource: _ = try ResourceID(bytes.span, field: "field")
      case .resourceType: _ = try ResourceTypeName(bytes.span, field: "field")
      }
      return nil
    } catch {
      return error.problem
    }
  }
}

@Suite struct IdentifierTests {
  @Test(arguments: Kind.allCases)
  func everyByteInEveryPlace(kind: Kind) {
    for byte in UInt8.min...UInt8.max {
      let character = Character(Unicode.Scalar(byte))
      let isASCII = byte < 0x80
      #expect((kind.problem([byte]) == nil) == (isASCII && kind.allows(first: character)))
      let isAllowed = isASCII && kind.allows(later: character)
      let a = UInt8(ascii: "a")
      #expect((kind.problem([a, byte]) == nil) == isAllowed)
      #expect((kind.problem([a, byte, a]) == nil) == isAllowed)
    }
  }

  @Test(arguments: Kind.allCases)
  func everyLength(kind: Kind) {
    #expect(kind.problem([]) == .empty)
    for count in 1...200 {
      let expected: FieldProblem? =
        count <= kind.maximum ? nil : .tooLong(maximumBytes: kind.maximum)
      #expect(kind.problem([UInt8](repeating: UInt8(ascii: "a"), count: count)) == expected)
    }
  }

  @Test func mailAddressesServeAsUserIDsOnly() {
    let mail = Array("alice+ops@example.com".utf8)
    #expect(Kind.user.problem(mail) == nil)
    #expect(Kind.team.problem(mail) == .character(offset: 5, allowed: "A-Z a-z 0-9 . _ -"))
  }

  @Test func messagesNameTheFieldAndNotTheValue() {
    let secret = Array("hunter2 hunter2".utf8)
    do throws(InvalidField) {
      _ = try TeamID(secret.span, field: "team_id")
      Issue.record("a space is allowed")
    } catch {
      #expect(
        error.message == "`team_id` must consist of `A-Z a-z 0-9 . _ -`, unlike its byte 7")
      #expect(!"\(error)".contains("hunter"))
    }
  }

  /// Also a token that is cut short: it is still most of the secret.
  @Test(arguments: [
    "pst_u_", "pst_o_x", "a.pst_u_b", "pst_u_03535P64scRoTpbyDprbDv0123456789012345678",
  ])
  func noIDHoldsWhatTokensBeginWith(id: String) {
    for kind in [Kind.organization, .user, .team, .resource] {
      #expect(kind.problem(Array(id.utf8)) == .token)
    }
  }

  @Test(arguments: ["pst_", "pst_x_", "pst_u", "pst-u-1", "PST_u_1"])
  func idsThatOnlyResembleATokenAreValid(id: String) {
    #expect(Kind.user.problem(Array(id.utf8)) == nil)
  }

  @Test func comparesByteByByte() throws {
    func isEqual(_ left: String, _ right: String) throws -> Bool {
      let (left, right) = (Array(left.utf8), Array(right.utf8))
      let one = try OrganizationID(left.span, field: "left")
      return one == (try OrganizationID(right.span, field: "right"))
    }
    #expect(try isEqual("acme", "acme"))
    #expect(try !isEqual("acme", "Acme"))
    #expect(try !isEqual("acme", "acme2"))
    #expect(try !isEqual("acmd", "acme"))
  }

  @Test func textIsThatOfTheBytes() throws {
    let bytes = Array("a.B-c_9".utf8)
    let id = ResourceID(stored: bytes.span)
    let string = id.string
    #expect(string == "a.B-c_9")
  }
}
