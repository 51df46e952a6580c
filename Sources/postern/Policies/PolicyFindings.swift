internal import JSON5

/// What was found in a file, as lines that editors understand or as JSON.
struct PolicyFindings {
  let path: String
  let findings: [JSON5Error]

  /// A line for each: `FILE:LINE:COLUMN: what is wrong`.
  func lines(_ kind: String = "") -> [String] {
    findings.map { finding in
      DisplayText(
        "\(path):\(finding.place.line):\(finding.place.column): \(kind)\(finding.problem)"
      ).description
    }
  }

  /// A list of objects.
  var jsonText: String {
    let objects = findings.map { finding in
      var object = JSONObject()
      object.add("line", "\(finding.place.line)")
      object.add("column", "\(finding.place.column)")
      object.add("problem", JSONObject.quoted(finding.problem))
      return object.text
    }
    return "[" + objects.joined(separator: ",") + "]"
  }
}
