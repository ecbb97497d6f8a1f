namespace Penstock.Simulation.Clients;

/// <summary>How many requests a client still sends, and how many of them may wait for their answers.</summary>
internal sealed class RequestBudget
{
    private readonly int _maxOutstanding;
    private int _left;

    public RequestBudget(SeededGenerator chance, int maxRequests, int maxOutstanding)
    {
        _left = (int)chance.Spread(1, maxRequests) - 1;
        _maxOutstanding = (int)chance.Spread(1, maxOutstanding);
    }

    /// <summary>No request is left.</summary>
    public bool IsSpent => _left == 0;

    /// <summary>Takes a request; false when none is left, or as many as may be are outstanding.</summary>
    public bool TryTake(int outstanding)
    {
        if (_left == 0 || outstanding >= _maxOutstanding)
            return false;
        _left--;
        return true;
    }

    /// <summary>Gives up the requests that are left.</summary>
    public void Spend() => _left = 0;
}
