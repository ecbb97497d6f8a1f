namespace Penstock.Simulation.Clients;

/// <summary>How a model client ends a conversation that nothing disturbs.</summary>
internal enum ClientManners
{
    /// <summary>Sends FIN behind the last request and reads to the end.</summary>
    HalfClose,

    /// <summary>Closes when the last reply has come.</summary>
    CloseWhenAnswered,

    /// <summary>Never closes: waits for the server to do it.</summary>
    Stay,
}
