namespace Penstock.Simulation.Tests.Files;

/// <summary>
/// Choices from a generator. Some failures leave nearly everything and some nearly nothing, and most pages are whole:
/// with a coin for every sector, hardly ever would enough of a file be there to be interesting.
/// </summary>
internal sealed class DrawnChoices : CrashChoices
{
    private readonly SeededGenerator _chance;
    private readonly double _survival;
    private double _sectorSurvival;

    public DrawnChoices(SeededGenerator chance)
    {
        _chance = chance;
        _survival = _sectorSurvival = chance.Pick(0, 0.1, 0.5, 0.9, 1);
    }

    public override int Of(int count) =>
        count == 2 ? (_chance.Chance(_sectorSurvival) ? 1 : 0) : _chance.Below(count);

    public override void BeginPage() =>
        _sectorSurvival = _chance.Chance(0.2) ? 0.5 : _chance.Chance(_survival) ? 1 : 0;
}
