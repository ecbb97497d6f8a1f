namespace Penstock.Simulation.Tests.Files;

/// <summary>
/// How often each fault strikes in one run; about half of them never do, as in <see cref="FaultPlan"/>.
/// </summary>
internal sealed class DiskFaultPlan
{
    private static readonly DiskFault[] Faults = Enum.GetValues<DiskFault>();

    private readonly SeededGenerator _chance;
    private readonly double[] _rates = new double[Faults.Length];

    private DiskFaultPlan(SeededGenerator chance) => _chance = chance;

    /// <summary>Faults that struck so far.</summary>
    public long Total { get; private set; }

    /// <summary>No fault strikes while this is set.</summary>
    public bool IsHealed { get; set; }

    public static DiskFaultPlan Draw(SeededGenerator chance)
    {
        var plan = new DiskFaultPlan(chance);
        foreach (DiskFault fault in Faults)
            plan._rates[(int)fault] = chance.Chance(0.5) ? Math.Pow(10, -0.5 - (chance.Fraction() * 2)) : 0;
        return plan;
    }

    public static DiskFaultPlan None() => new(new SeededGenerator(0));

    public bool Strikes(DiskFault fault)
    {
        if (IsHealed || !_chance.Chance(_rates[(int)fault]))
            return false;
        Total++;
        return true;
    }
}
