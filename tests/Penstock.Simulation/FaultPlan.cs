namespace Penstock.Simulation;

/// <summary>
/// How often each fault strikes in one simulation. Swarm testing (Groce and others, 2012): the rates themselves are
/// drawn from the seed and about half of them are zero, because a run in which everything goes wrong at once never gets
/// far enough to meet the deeper bugs.
/// </summary>
internal sealed class FaultPlan
{
    private static readonly Fault[] Faults = Enum.GetValues<Fault>();

    private SeededGenerator _chance;
    private readonly double[] _rates = new double[Faults.Length];
    private readonly long[] _struck = new long[Faults.Length];

    private FaultPlan(SeededGenerator chance) => _chance = chance;

    /// <summary>Faults that struck so far.</summary>
    public long Total => _struck.Sum();

    public static FaultPlan Draw(SeededGenerator chance)
    {
        var plan = new FaultPlan(chance);
        foreach (Fault fault in Faults)
            plan._rates[(int)fault] = chance.Chance(0.5) ? Math.Pow(10, -0.5 - (chance.Fraction() * 2.5)) : 0;
        return plan;
    }

    /// <summary>Nothing goes wrong; also for the part of a scenario that must run to its end.</summary>
    public static FaultPlan None(SeededGenerator chance) => new(chance);

    public FaultPlan With(Fault fault, double rate)
    {
        _rates[(int)fault] = rate;
        return this;
    }

    public bool IsPossible(Fault fault) => _rates[(int)fault] > 0;

    /// <summary>Whether the fault strikes now, and counts it.</summary>
    public bool Strikes(Fault fault)
    {
        if (!_chance.Chance(_rates[(int)fault]))
            return false;
        _struck[(int)fault]++;
        return true;
    }

    public long CountOf(Fault fault) => _struck[(int)fault];

    /// <summary>Takes chance from the run's own generator.</summary>
    public void Use(SeededGenerator chance) => _chance = chance;

    /// <summary>No fault strikes from now on.</summary>
    public void Heal() => Array.Clear(_rates);
}
