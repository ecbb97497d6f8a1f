namespace Penstock.Kestrel.Tests;

/// <summary>What a test can only see from within a transport.</summary>
internal static class TransportInsides
{
    /// <summary>Connections accepted so far, over all loops.</summary>
    public static long Accepted(this PenstockTransportFactory transport)
    {
        LoopGroup group = transport.Loops().Group;
        return Enumerable.Range(0, group.Count).Sum(loop => group[loop].ReadCounters().AcceptedConnections);
    }

    /// <summary>Returns when every loop has gone through whole turns since the call.</summary>
    public static async Task TurnAsync(this PenstockTransportFactory transport)
    {
        LoopGroup group = transport.Loops().Group;
        for (int i = 0; i < group.Count * 3; i++)
        {
            var turned = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            group[i % group.Count].Post(turned.SetResult);
            await turned.Task.Within();
        }
    }
}
