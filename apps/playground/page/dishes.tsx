/** The deck's dishes: what is idempotent, in a kitchen. */
export function Dishes() {
  return (
    <section class="dishes" aria-labelledby="dishes">
      <h2 id="dishes">Idempotent, in a kitchen</h2>
      <div>
        <figure>
          <p aria-hidden="true">
            <span class="plate dirty" /> → <span class="plate" /> → <span class="plate" />
          </p>
          <figcaption>
            <b>Washing a plate twice</b> leaves the same clean plate. It is idempotent by itself.
          </figcaption>
        </figure>
        <figure>
          <p aria-hidden="true">
            <span class="plate" /> → <span class="plate meal" /> → <span class="plate meal" />
            <span class="plate meal" />
          </p>
          <figcaption>
            <b>Cooking a dish twice</b> makes two dishes, and two bills. It needs a key that says
            “this is the same order”.
          </figcaption>
        </figure>
      </div>
    </section>
  );
}
