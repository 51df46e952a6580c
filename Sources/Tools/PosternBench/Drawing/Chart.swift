/// Lines over two axes.
struct Chart {
  let title: String
  let x: Axis
  let y: Axis
  var series: [Series]

  struct Series {
    let name: String
    let points: [(x: Double, y: Double)]
  }
}

/// An axis with its marks.
struct Axis {
  let title: String
  let marks: [(value: Double, text: String)]
  let isLogarithmic: Bool

  /// Where a value is between the first mark, 0, and the last, 1.
  func position(_ value: Double) -> Double {
    guard let first = marks.first?.value, let last = marks.last?.value, last > first else {
      return 0
    }
    let part =
      isLogarithmic
      ? Logarithm.ten(max(value, first) / first) / Logarithm.ten(last / first)
      : (value - first) / (last - first)
    return min(max(part, 0), 1)
  }

  /// From 0 to at least the greatest value, in some five steps of 1, 2 or 5.
  static func linear(_ title: String, upTo greatest: Double) -> Axis {
    let rough = max(greatest, 1e-9) / 5
    let power = Logarithm.power(ofTen: Int(Logarithm.ten(rough).rounded(.down)))
    let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * (1 - 1e-9) } ?? 10 * power
    let count = Int((greatest / step - 1e-9).rounded(.up))
    let marks = (0...max(count, 1)).map { index in
      (value: Double(index) * step, text: text(Double(index) * step))
    }
    return Axis(title: title, marks: marks, isLogarithmic: false)
  }

  /// Powers of ten around the values.
  static func logarithmic(_ title: String, from least: Double, to greatest: Double) -> Axis {
    let low = Int((Logarithm.ten(least) + 1e-9).rounded(.down))
    let high = max(low + 1, Int((Logarithm.ten(greatest) - 1e-9).rounded(.up)))
    let marks = (low...high).map { power in
      (value: Logarithm.power(ofTen: power), text: text(Logarithm.power(ofTen: power)))
    }
    return Axis(title: title, marks: marks, isLogarithmic: true)
  }

  /// Percentiles, each nine as far from the last as that from the one before it.
  static func percentiles(_ title: String) -> Axis {
    let marks = [0, 50, 90, 99, 99.9, 99.99].map { percent in
      (value: nines(percent), text: "\(text(percent)) %")
    }
    return Axis(title: title, marks: marks, isLogarithmic: false)
  }

  /// Where a percentile is on that axis.
  static func nines(_ percent: Double) -> Double { -Logarithm.ten(1 - percent / 100) }

  /// A number as short as it can be, with thousands set apart.
  static func text(_ value: Double) -> String {
    if value < 1000 {
      let rounded = (value * 1000).rounded() / 1000
      return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
    }
    let digits = String(Int(value.rounded()))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }
}
