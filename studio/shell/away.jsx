// What the page says while the studio does not answer, and the title of the page.
import { useContext, useEffect } from "react";
import { EventLoopContext } from "$/utils/context";

export function Away() {
  const [, troubles] = useContext(EventLoopContext);
  return (
    <div className="w-away" role="status" data-testid="away">
      {troubles.length > 0 ? (
        <p>
          <strong>The studio does not answer.</strong> What you type stays in this page, and it connects again by itself.
        </p>
      ) : null}
    </div>
  );
}

export function PageTitle({ words }) {
  useEffect(() => {
    if (words) document.title = `${words} · Weft Studio`;
  }, [words]);
  return null;
}
