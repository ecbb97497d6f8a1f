namespace Penstock.Drivers.Tests.Contract;

/// <summary>
/// Does random things to several connections at once, opening a new one for each that ended. What must have arrived
/// where is known byte by byte.
/// </summary>
internal sealed class RandomizedModel(DriverHarness harness, Random random, int connections)
{
    private readonly List<ModelConnection> _open = [];

    public void Run(int operations)
    {
        for (int i = 0; i < operations; i++)
        {
            while (_open.Count < connections)
                _open.Add(new ModelConnection(harness, random));
            Step(_open[random.Next(_open.Count)]);
        }

        foreach (ModelConnection connection in _open)
            connection.FinishBothWays();
        foreach (ModelConnection connection in _open)
            connection.CloseAndCheck();
        harness.AssertQuiet();
    }

    private void Step(ModelConnection connection)
    {
        switch (random.Next(20))
        {
            case < 4:
                connection.PeerSends();
                break;
            case < 7:
                connection.PeerReads();
                break;
            case < 9:
                connection.Sends();
                break;
            case 9:
                connection.Pauses();
                break;
            case < 12:
                connection.Resumes();
                break;
            case 12:
                connection.EndsSomehow();
                break;
            case 13 when connection.Closes():
                _open.Remove(connection);
                break;
            case 14:
                harness.Turn(TimeSpan.Zero, budget: random.Next(1, 4));
                break;
            case 15:
                harness.Driver.Wake();
                break;
            default:
                harness.Turn();
                break;
        }
    }
}
