import Rules
import Testing

/// A small, sound schedule for the tests to change.
enum SmallSchedule {
    static let text = """
        version: 2
        schedule: A small schedule
        owner: The records manager
        defaults: { recentActivityMonths: 12, correctedBirthDays: 90 }
        holders:
          education: [school, council]
          health: [trust]
          social-care: [council]
          youth-justice: [council]
          family: [family]
          rights: [council]
        organisations: { oak: school }
        records: { register: A register, backup: A backup }
        rules:
          - { id: r1, title: Plans, match: [{ categories: [A1], holders: [council] }],
              keep: [{ from: birth, years: 31 }, { from: plan-ended, years: 6, whereKnown: true }],
              authority: The council, confidence: local-choice, adopted: 2026-09-01 }
          - { id: r2, title: School, match: [{ categories: [A1], holders: [school], unless: [moved-school] }],
              keep: [{ from: [case-closed, last-contact], months: 6, after: academic }],
              authority: The school, confidence: design, adopted: no }
          - { id: r3, title: Care, match: [{ when: [ever-looked-after] }, { labels: [sealed] }],
              keep: [{ from: birth, years: 75 }],
              onDeath: { under: 18, years: 15 }, authority: An Act, confidence: statutory, adopted: not-needed }
          - { id: r4, title: Register, match: [{ categories: [register] }], permanent: true,
              authority: The council, confidence: design, adopted: 2026-09-01 }
          - { id: r5, title: Moves, match: [{ categories: [A2], when: [moved-school] }], action: transfer,
              authority: The school, confidence: design, adopted: 2026-09-01 }
          - { id: r6, title: Backups, match: [{ categories: [backup] }], keep: [{ from: added, days: 35 }],
              authority: The council, confidence: design, adopted: 2026-09-01 }

        """

    static func load(_ text: String = text) throws(PolicyError) -> RetentionSchedule {
        try RetentionSchedule.load(PolicyText(file: "retention.yaml", text: text), categories: ["A1", "A2"])
    }

    static func changing(_ old: String, to new: String) throws -> RetentionSchedule {
        try #require(text.ranges(of: old).count == 1, "the change must have one place")
        return try load(text.replacing(old, with: new))
    }
}
