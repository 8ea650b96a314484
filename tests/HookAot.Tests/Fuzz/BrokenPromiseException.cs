namespace HookAot.Tests.Fuzz;

/// <summary>Something does not hold that has to hold for every input.</summary>
public sealed class BrokenPromiseException : Exception
{
    /// <summary>Without words.</summary>
    public BrokenPromiseException()
    {
    }

    /// <summary>With what does not hold, and behind a colon what was found.</summary>
    public BrokenPromiseException(string message)
        : base(message)
    {
    }

    /// <summary>With what caused it.</summary>
    public BrokenPromiseException(string message, Exception inner)
        : base(message, inner)
    {
    }

    /// <summary>Throws where something does not hold.</summary>
    /// <param name="holds">Whether it does.</param>
    /// <param name="promise">What has to hold.</param>
    /// <param name="found">What was found.</param>
    internal static void Unless(bool holds, string promise, string found = "")
    {
        if (!holds) throw new BrokenPromiseException(found.Length == 0 ? promise : $"{promise}: {found}");
    }
}
