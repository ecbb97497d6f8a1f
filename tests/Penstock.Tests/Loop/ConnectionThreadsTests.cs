using Penstock.Loop;

namespace Penstock.Tests.Loop;

public sealed class ConnectionThreadsTests
{
    /// <summary>Who asks for room, is promised some and then refused, would ask for ever.</summary>
    [Fact]
    public void A_group_that_starts_no_more_threads_has_no_room_for_one()
    {
        var threads = new ConnectionThreads(() => null, maximum: 4);
        Assert.Null(threads.TryClaim());
        Assert.False(threads.HasRoomOrAwait());
    }
}
